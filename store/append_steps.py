"""Appends that look at, or do, something else in their transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.shared.errors import DocumentIssued
from domain.shared.recording import NO_CONDITIONS
from store.append import append
from store.erasure import erase

if TYPE_CHECKING:
    from uuid import UUID

    from domain.shared.recording import Conditions, Context, Recorded
    from store.connections import Connection
    from store.personal_keys import Sealed

_HOLD = "SELECT position FROM heads WHERE account_id = %b FOR UPDATE"
_DOCUMENTED = "SELECT series FROM document_series WHERE account_id = %b LIMIT 1"


def append_in_steps(
    connection: Connection,
    account_id: UUID,
    sealed: Sealed,
    first_event_id: UUID,
    by: Context,
    given: Conditions | None,
) -> Recorded:
    """The head is held from the first look, or the append, to the commit."""
    asked = given or NO_CONDITIONS
    with connection.transaction():
        if asked.undocumented:
            connection.execute(_HOLD, [account_id])
            if connection.execute(_DOCUMENTED, [account_id]).fetchone():
                raise DocumentIssued
        recorded = append(connection, account_id, sealed, first_event_id, by, given)
        if asked.erases:
            erase(connection, account_id, asked.erases)
        return recorded
