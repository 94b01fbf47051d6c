"""Appends that look at, or do, something else in their transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.shared.errors import DocumentIssued
from store.append import append
from store.erasure import erase

if TYPE_CHECKING:
    from domain.shared.recording import Conditions
    from store.append import Appended, Appending
    from store.connections import Connection

_HOLD = "SELECT position FROM heads WHERE account_id = %b FOR UPDATE"
_DOCUMENTED = "SELECT series FROM document_series WHERE account_id = %b LIMIT 1"


def in_steps(given: Conditions) -> bool:
    return bool(given.undocumented or given.erases)


def append_in_steps(connection: Connection, what: Appending) -> Appended:
    """The head is held from the first look, or the append, to the commit."""
    with connection.transaction():
        if what.given.undocumented:
            connection.execute(_HOLD, [what.account_id])
            if connection.execute(_DOCUMENTED, [what.account_id]).fetchone():
                raise DocumentIssued
        appended = append(connection, what)
        if what.given.erases:
            erase(connection, what.account_id, what.given.erases)
        return appended
