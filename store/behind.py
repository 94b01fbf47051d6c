"""What is asked in an append's own exchange, once it has committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from store.append import append, append_and_begin
from store.append_steps import append_in_steps, in_steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from eventsourcing.persistence import StoredEvent

    from domain.shared.recording import Recorded
    from store.api_keys import Admission
    from store.append import Appended, Appending
    from store.connections import Connection, Connections
    from store.exchange import Asked, Bound, Rows


class Behind(Protocol):
    """Wants a transaction begun behind an append, and has the connection from then on."""

    def asked(self, events: Sequence[StoredEvent]) -> Sequence[Asked | Bound] | None:
        """Before each append of `events`. None where nothing is to be asked behind it, else one of
        the others is called.
        """

    def begun(self, lent: AbstractContextManager[Connection], connection: Connection,
              rows: list[Rows], behind: Appended) -> None:  # fmt: skip
        """`rows` are what was asked for. `lent` is to be left when the transaction has ended."""

    def not_begun(self) -> None:
        """The append was refused, or what was asked was."""

    def appended(self, alone: Appended) -> None:
        """After an append that nothing was asked behind."""

    def takes_along(self, asked: Asked) -> bool:
        """Whether it sends that with what it asks: of an append that something was begun behind.
        It may be lost.
        """


def append_with(
    behind: Behind,
    asked: Sequence[Asked | Bound],
    connections: Connections,
    what: Appending,
    admission: Admission | None = None,
) -> Recorded:
    """As `append`. Raises Changed for whoever is not admitted."""
    awaited = None if admission is None or admission.heard else admission
    bearer = None if awaited is None else awaited.bearer
    lent = connections.connection()
    connection = lent.__enter__()
    rows: list[Rows] | None = None
    try:
        appended, rows = append_and_begin(connection, what, asked, bearer)
    finally:
        if rows is None:
            lent.__exit__(None, None, None)
            behind.not_begun()
    if awaited is not None:
        awaited.heard = True
    if rows is not None:
        behind.begun(lent, connection, rows, appended)
    return appended.recorded


def append_alone(
    connections: Connections, what: Appending, behind: Behind | None = None
) -> Recorded:
    """As `append`, with nothing asked behind it."""
    with connections.connection() as connection:
        appended = (append_in_steps if in_steps(what.given) else append)(connection, what)
    if behind is not None:
        behind.appended(appended)
    return appended.recorded
