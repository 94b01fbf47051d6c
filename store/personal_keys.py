"""The keys that personal data is sealed by: made when they are first needed, read with the events.

Who destroys a key erases what it sealed, wherever copies of the log lie.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from store.bindings import text_array
from store.boxes import Whose, new_key, with_box
from store.exchange import Asked
from store.new_events import NewEvent, boxed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from eventsourcing.persistence import StoredEvent

    from store.connections import Connection, Connections

KEY = """(SELECT k.key FROM personal_keys k
    WHERE k.account_id = e.account_id AND k.name = personal_key_of(e.state) AND NOT k.withdrawn)"""
"""SQL of the key to the box of an event `e`: null for one that has none, or whose key is gone."""

KEPT_KEY = """(SELECT k.key FROM personal_keys k
    WHERE k.account_id = e.account_id AND k.name = personal_key_of(e.state))"""
"""The same for documents, which the law makes us keep: withdrawn keys too."""


# One is asked for by itself, where the server keeps its plan.
def _read(which: str) -> str:
    return f"""
    SELECT name, key FROM personal_keys
     WHERE account_id = %(account)b AND name = {which} AND key IS NOT NULL AND NOT withdrawn"""


_ONE, _MANY = _read("%(name)b"), _read("ANY (%(names)b)")
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Sealed:
    """Events as they are stored, and the keys that must be there, or be made, with them."""

    events: Sequence[StoredEvent]
    keys: dict[str, bytes] = field(default_factory=dict)


def asked(account_id: UUID, names: Sequence[str]) -> Asked:
    """Answered by names and keys, of those that there are."""
    if len(names) == 1:
        return Asked(_ONE, {"account": account_id, "name": names[0]})
    return Asked(_MANY, {"account": account_id, "names": text_array(names)})


class Keyring:
    """The keys that an account's writer read or used before. That they are still there, or still
    are not, is seen to by the append, which refuses another key than the one that is kept.
    """

    def __init__(self, account_id: UUID, connections: Connections) -> None:
        self._account_id = account_id
        self._connections = connections
        self._known: dict[str, bytes | None] = {}

    def sealed(self, events: Sequence[StoredEvent]) -> Sealed:
        """With what is personal in boxes."""
        private = [event for event in events if isinstance(event, NewEvent) and event.private]
        if not private:
            return Sealed(events)
        keys = self._keys_of(private)
        return Sealed([self._boxed(event, keys) for event in events], keys)

    def learn(self, names: Sequence[str], found: Mapping[str, bytes]) -> None:
        """What was read of these; there are no others of the names yet."""
        self._known.update({name: found.get(name) for name in names})

    def took(self, sealed: Sealed) -> None:
        """They were stored."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known.update(sealed.keys)

    def forget(self, sealed: Sealed) -> None:
        """Somebody else made or destroyed one of the keys."""
        for name in sealed.keys:
            self._known.pop(name, None)

    def _keys_of(self, events: Sequence[NewEvent]) -> dict[str, bytes]:
        is_new = {event.key_name or "": event.key_is_new for event in events}
        keys = {name: self._known.get(name) for name in is_new}
        missing = [name for name, new in is_new.items() if not new and name not in self._known]
        keys.update(self._read(missing))
        return {name: keys.get(name) or new_key() for name in is_new}

    def _read(self, names: Sequence[str]) -> dict[str, bytes]:
        if not names:
            return {}
        sql, bound = asked(self._account_id, names)
        with self._connections.connection() as connection:
            return dict(connection.execute(sql, bound, prepare=True, binary=True).fetchall())

    def _boxed(self, event: StoredEvent, keys: dict[str, bytes]) -> StoredEvent:
        if not isinstance(event, NewEvent) or not event.private or event.key_name is None:
            return event
        originator_id: UUID = event.originator_id  # type: ignore[assignment]
        whose = Whose(self._account_id, originator_id, event.originator_version, event.topic)
        key = keys[event.key_name]
        state = with_box(event.state, event.private, event.key_name, key, whose)
        return boxed(event, state)


_DESTROY = """
    INSERT INTO personal_keys AS k (account_id, name, key, destroyed_at)
    SELECT %(account)s, n.name, NULL, clock_timestamp() FROM unnest(%(names)b) AS n (name)
        ON CONFLICT (account_id, name) DO UPDATE SET key = NULL, destroyed_at = clock_timestamp()"""
_WITHDRAW = """
    INSERT INTO personal_keys AS k (account_id, name, key, withdrawn)
    SELECT %(account)s, n.name, NULL, true FROM unnest(%(names)b) AS n (name)
        ON CONFLICT (account_id, name) DO UPDATE SET withdrawn = true"""


def destroy(connection: Connection, account_id: UUID, names: Sequence[str]) -> None:
    """What they sealed is gone. A name stays: nothing is sealed by another key of it."""
    bound = {"account": account_id, "names": text_array(names)}
    connection.execute(_DESTROY, bound, binary=True)


def withdraw(connection: Connection, account_id: UUID, names: Sequence[str]) -> None:
    """What they sealed is shown on documents only, and nothing new is sealed by them."""
    bound = {"account": account_id, "names": text_array(names)}
    connection.execute(_WITHDRAW, bound, binary=True)
