"""A caller known from before, let in on the condition that what is read for them finds their key
still in force: both are asked in one exchange, of one snapshot. Or that what they write does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import api_keys, secret_texts
from store.api_keys import Changed

if TYPE_CHECKING:
    from store.api_keys import Bearer, Caller
    from store.connections import Connections
    from store.exchange import Asked, Rows
    from store.secret_texts import SecretText

_MOST_KNOWN = 20_000


class Door:
    """`heard` once the key was found as it was."""

    def __init__(self, said: SecretText, caller: Caller) -> None:
        self.caller = caller
        self.heard = False
        self._said = said

    @property
    def asked(self) -> Asked:
        return api_keys.asked(self._said)

    @property
    def bearer(self) -> Bearer:
        return api_keys.bearer_of(self._said, self.caller)

    def hear(self, rows: Rows) -> None:
        """Raises Changed."""
        if api_keys.caller(self._said, rows) != self.caller:
            raise Changed
        self.heard = True

    def look(self, connections: Connections) -> None:
        """For who read nothing by it. Raises Changed."""
        sql, bound = self.asked
        with connections.connection() as connection:
            self.hear(connection.execute(sql, bound, prepare=True, binary=True).fetchall())


class Known:
    """The callers of a process, by the hash of their keys' text."""

    def __init__(self) -> None:
        self._callers: dict[bytes, tuple[SecretText, Caller]] = {}

    def recall(self, hashed: bytes) -> Door | None:
        found = self._callers.get(hashed)
        return None if found is None else Door(*found)

    def keep(self, text: str, caller: Caller) -> None:
        said = secret_texts.read(text)
        if said is None:
            raise TypeError("a known key has the form of one")
        if len(self._callers) > _MOST_KNOWN:
            self._callers = {}
        self._callers[said.hash] = said, caller

    def forget(self, hashed: bytes) -> None:
        self._callers.pop(hashed, None)
