"""What a write mostly asks first, in one exchange: who asks, the end of the log, what is named.

And what that names, in a second one.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from domain.shared.recording import Head
from store import api_keys, heads, personal_keys, secret_texts, streams
from store import kin as kin_of
from store.exchange import at_once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from domain.shared.aggregate import Aggregate
    from domain.shared.recording import History
    from store.api_keys import Caller
    from store.codec import TypedMapper
    from store.connections import Connection
    from store.exchange import Asked, Rows
    from store.kin import Kin


class Ahead(NamedTuple):
    """`histories` are of the account, of those of the ids that there are, and of the kin."""

    caller: Caller | None
    head: Head | None
    histories: Mapping[UUID, History]


NOTHING = Ahead(None, None, {})


def look_ahead(
    connection: Connection,
    mapper: TypedMapper,
    key: str,
    ids: Sequence[UUID],
    kin: tuple[Kin, str] | None = None,
) -> Ahead:
    """`key` is the text that the caller sent; nothing is found for one that is not in force.

    `kin` is what else will be loaded, and the typed id that it goes with. It may miss.
    """
    said = secret_texts.read(key)
    if said is None:
        return NOTHING
    named = [streams.asked(said.account_id, [each]) for each in (said.account_id, *ids)]
    asked = [api_keys.asked(said), heads.asked(said.account_id), *named]
    if kin is not None:
        asked.append(kin_of.asked(said.account_id, *kin))
    keys, ends, *events = at_once(connection, asked)
    related = events.pop() if kin is not None else []
    caller = api_keys.caller(said, keys)
    if caller is None:
        return NOTHING
    head = Head._make(ends[0]) if ends else None
    histories = streams.histories(mapper, chain.from_iterable(events))
    if kin is not None:
        histories |= streams.histories_after_snapshots(mapper, kin[0].kind, related)[0]
    return Ahead(caller, head, histories)


class Further(NamedTuple):
    """`keys` are those that are there, by their names."""

    histories: dict[UUID, History]
    keys: dict[str, bytes]


def look_further(
    connection: Connection,
    mapper: TypedMapper,
    account_id: UUID,
    kinds: Mapping[UUID, type[Aggregate]],
    keys: Sequence[str],
) -> Further:
    """Streams of several kinds, and keys to personal data."""
    asked = [_stream(account_id, kind, each) for each, kind in kinds.items()]
    if keys:
        asked.append(personal_keys.asked(account_id, keys))
    rows = streams.each_answered(connection, asked)
    found: dict[str, bytes] = dict(rows.pop()) if keys else {}
    histories: dict[UUID, History] = {}
    outdated: list[UUID] = []
    for kind, answer in zip(kinds.values(), rows, strict=True):
        told, older = _histories(mapper, kind, answer)
        histories |= told
        outdated += older
    if outdated:
        histories |= streams.read_whole(connection, mapper, account_id, outdated)
    return Further(histories, found)


def _stream(account_id: UUID, kind: type[Aggregate], each: UUID) -> Asked:
    if kind.SNAPSHOT is None:
        return streams.asked(account_id, [each])
    return streams.asked_after_snapshots(account_id, kind, [each])


def _histories(
    mapper: TypedMapper, kind: type[Aggregate], rows: Rows
) -> tuple[dict[UUID, History], list[UUID]]:
    if kind.SNAPSHOT is None:
        return streams.histories(mapper, rows), []
    return streams.histories_after_snapshots(mapper, kind, rows)
