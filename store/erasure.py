"""What goes of a customer in the transaction that records it: keys, and what was made by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.bindings import text_array
from store.personal_keys import destroy, withdraw

if TYPE_CHECKING:
    from uuid import UUID

    from domain.shared.recording import Erasure
    from store.connections import Connection

_ACTIVITY = """
    DELETE FROM customer_activity
     WHERE account_id = %(account)s AND customer_id = %(customer)s"""
# The bytes are kept once, whoever got them: those that somebody else got too stay.
_PAPERS = """
    DELETE FROM papers p
     WHERE p.account_id = %(account)s
       AND p.hash IN (SELECT s.hash FROM paper_sendings s
                       WHERE s.account_id = %(account)s AND s.subject = ANY (%(subjects)b))
       AND NOT EXISTS (SELECT FROM paper_sendings s
                        WHERE s.account_id = %(account)s AND s.hash = p.hash
                          AND s.subject <> ALL (%(subjects)b))"""
_SENDINGS = """
    DELETE FROM paper_sendings
     WHERE account_id = %(account)s AND subject = ANY (%(subjects)b)"""

# Files that were made while there was somebody; those being made now live their day.
_PIECES = """
    DELETE FROM export_pieces p
     WHERE p.account_id = %(account)s
       AND p.id IN (SELECT r.id FROM export_runs r
                     WHERE r.account_id = %(account)s AND r.expires_at IS NOT NULL)"""
_RUNS = "DELETE FROM export_runs WHERE account_id = %(account)s AND expires_at IS NOT NULL"


def erase(connection: Connection, account_id: UUID, asked: Erasure) -> None:
    destroy(connection, account_id, asked.destroyed)
    withdraw(connection, account_id, asked.withdrawn)
    bound = {"account": account_id, "customer": asked.customer}
    connection.execute(_ACTIVITY, bound)
    connection.execute(_PIECES, bound)
    connection.execute(_RUNS, bound)
    if asked.papers_of:
        papers = {"account": account_id, "subjects": text_array(asked.papers_of)}
        connection.execute(_PAPERS, papers, binary=True)
        connection.execute(_SENDINGS, papers, binary=True)
