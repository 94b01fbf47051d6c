"""What a write mostly asks first, in one exchange: who asks, the end of the log, what is named."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from domain.shared.recording import Head
from store import api_keys, secret_texts, streams
from store.exchange import Asked, at_once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from domain.shared.recording import History
    from store.api_keys import Caller
    from store.codec import TypedMapper
    from store.connections import Connection

HEAD = """
    SELECT position, recorded_at, livemode, coalesce(clock, clock_timestamp()), chain
      FROM heads WHERE account_id = %(account)b"""


class Ahead(NamedTuple):
    """`histories` are whole ones, of the account and of those of the ids that there are."""

    caller: Caller | None
    head: Head | None
    histories: Mapping[UUID, History]


NOTHING = Ahead(None, None, {})


def look_ahead(connection: Connection, mapper: TypedMapper, key: str, ids: Sequence[UUID]) -> Ahead:
    """`key` is the text that the caller sent; nothing is found for one that is not in force."""
    said = secret_texts.read(key)
    if said is None:
        return NOTHING
    account = {"account": said.account_id}
    named = [streams.asked(said.account_id, [each]) for each in (said.account_id, *ids)]
    keys, heads, *events = at_once(connection, [api_keys.asked(said), Asked(HEAD, account), *named])
    caller = api_keys.caller(said, keys)
    if caller is None:
        return NOTHING
    head = Head._make(heads[0]) if heads else None
    return Ahead(caller, head, streams.histories(mapper, chain.from_iterable(events)))
