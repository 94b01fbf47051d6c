"""Events and rows of operational tables that stay or go together: one transaction for both."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from store.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from store.connections import Connection


class InTransaction(Connections):
    """Lends the transaction's one connection to whoever asks: a store, and the tables' owner.

    Append first, then write the rows: everybody then queues at the account's head, and nobody
    waits for a row while holding it.
    """

    def __init__(self, connection: Connection) -> None:
        self.held = connection

    def connection(
        self,
        wait_seconds: float = 0.0,  # noqa: ARG002 - it is here already
    ) -> AbstractContextManager[Connection]:
        return nullcontext(self.held)

    def close(self) -> None:
        """The connection is not ours."""


@contextmanager
def transaction(connections: Connections) -> Iterator[InTransaction]:
    with connections.connection() as connection, connection.transaction():
        yield InTransaction(connection)
