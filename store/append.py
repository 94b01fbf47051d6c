"""The call of `append_events`: what is sent, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from struct import pack
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from domain.shared.recording import NO_CONDITIONS, Recorded
from store.api_keys import IN_FORCE, Changed
from store.bindings import (
    int_array,
    json_array,
    octets_array,
    text_array,
    texts_in,
    uuid_array,
)
from store.chain import Contents
from store.exchange import begun_behind, undo
from store.new_events import NewEvent
from store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from eventsourcing.persistence import StoredEvent
    from psycopg.pq.abc import PGresult

    from domain.shared.recording import Claim, Conditions, Context
    from store.api_keys import Bearer
    from store.connections import Connection
    from store.exchange import Asked, Bound, Rows
    from store.personal_keys import Sealed

_UUID, _INT8, _TEXT, _BYTEA, _JSON, _TIME, _BOOL = 2950, 20, 25, 17, 114, 1184, 16
_UUIDS, _INTS, _TEXTS, _JSONS, _BYTEAS = 2951, 1007, 1009, 199, 1001
_EVENTS = (_UUIDS, _INTS, _UUIDS, _TEXTS, _JSONS, _BYTEA)
_WHO = (_TEXT, _TEXT, _TEXT, _TEXT, _TEXT, _UUID, _UUID)
_CLAIMS = (_TEXTS, _TEXTS, _UUIDS)
_CONDITIONS = (
    *(_BOOL, _TEXTS, _UUIDS, _INTS, _TEXTS, *_CLAIMS, *_CLAIMS),
    *(_TEXT, _BYTEA, _JSON, _TEXT, _JSON, _TIME, _INT8),
)
_BEARER = (_BYTEA, _TEXT, _BOOL, _TEXT, _TEXTS)
_KEYS = (_TEXTS, _BYTEAS)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _statement(name: str, function: str, types: Sequence[int]) -> Statement:
    places = ", ".join(f"${place}" for place in range(1, len(types) + 1))
    return Statement(name, f"SELECT * FROM {function}({places})", types)


_append = _statement("append", "append_events", (_UUID, *_EVENTS, *_WHO))
_append_given = _statement("append_given", "append_events", (_UUID, *_EVENTS, *_WHO, *_CONDITIONS))
_append_sealed = _statement(
    "append_sealed", "append_events", (_UUID, *_EVENTS, *_WHO, *_CONDITIONS, *_KEYS)
)


def _of_bearer(statement: Statement) -> Statement:
    """Nothing happens where the key's row is not found: the account is told by it."""
    types = statement.types
    places = [f"${place}" for place in range(1, len(types) + len(_BEARER) + 1)]
    given, (hash_, key_id, livemode, role, scopes) = places[1 : len(types)], places[len(types) :]
    sql = f"""
        SELECT a.* FROM api_key_secrets k
         CROSS JOIN LATERAL append_events(k.account_id, {", ".join(given)}) a
         WHERE k.account_id = $1 AND k.hash = {hash_} AND {IN_FORCE}
           AND k.id = {key_id} AND k.livemode = {livemode} AND k.role = {role}
           AND k.scopes = {scopes}"""
    return Statement(f"{statement.name}_of_bearer", sql, (*types, *_BEARER))


_OF_BEARER = {each: _of_bearer(each) for each in (_append, _append_given, _append_sealed)}


class Appending(NamedTuple):
    """What is to be appended. The events' ids count up from the first one's."""

    account_id: UUID
    sealed: Sealed
    first_event_id: UUID
    by: Context
    given: Conditions = NO_CONDITIONS


class Appended(NamedTuple):
    """What was appended, and where it stands; `wall_at` is the world's time."""

    what: Appending
    recorded: Recorded
    wall_at: datetime


def append(connection: Connection, what: Appending) -> Appended:
    """Raises psycopg's error if refused."""
    statement, values = _asked(what)
    return _appended(what, statement.execute(connection, values))


def append_and_begin(
    connection: Connection,
    what: Appending,
    behind: Sequence[Asked | Bound],
    bearer: Bearer | None = None,
) -> tuple[Appended, list[Rows] | None]:
    """The same; see `begun_behind` for what is asked behind it.

    Raises Changed where the `bearer` of a key is not who they were, or may not ask any more.
    """
    statement, values = _asked(what)
    if bearer is not None:
        statement, values = _OF_BEARER[statement], (*values, *bearer)
    result, rows = begun_behind(connection, statement.bound(values), behind)
    if not result.ntuples:
        undo(connection)
        raise Changed
    return _appended(what, result), rows


def _asked(what: Appending) -> tuple[Statement, tuple[bytes | None, ...]]:
    events, keys = what.sealed.events, what.sealed.keys
    plain = (what.account_id.bytes, *_columns(what, events), *_who(what.by))
    series = [event.series for event in events if isinstance(event, NewEvent)]
    conditional = bool(what.given is not NO_CONDITIONS or any(series) or keys)
    if not conditional:
        return _append, plain
    numbered = text_array(series) if any(series) else None
    values = (*plain, bytes([conditional]), numbered, *_conditions(what.given))
    if not keys:
        return _append_given, values
    return _append_sealed, (*values, text_array(keys), octets_array(keys.values()))


def _columns(what: Appending, events: Sequence[StoredEvent]) -> tuple[bytes, ...]:
    ids = [event.originator_id.int for event in events]  # type: ignore[union-attr]
    event_ids = range(what.first_event_id.int, what.first_event_id.int + len(events))
    hashed = Contents(what.account_id, what.by).hash
    return (
        uuid_array(ids),
        int_array([event.originator_version for event in events]),
        uuid_array(event_ids),
        text_array([event.topic for event in events]),
        json_array([event.state for event in events]),
        b"".join(
            hashed(id_, event.originator_version, event_id, event.topic, event.state)
            for id_, event_id, event in zip(ids, event_ids, events, strict=True)
        ),
    )


def _who(by: Context) -> tuple[bytes | None, ...]:
    return (
        by.actor.encode(),
        by.channel.encode(),
        _text(by.reason),
        _text(by.request_id),
        _text(by.idempotency_key),
        _uuid(by.causation_id),
        _uuid(by.correlation_id),
    )


def _conditions(given: Conditions) -> tuple[bytes | None, ...]:
    guards, key = given.guards, given.key
    completed, completed_answer = given.completes_key or (None, None)
    return (
        uuid_array([guard.aggregate_id.int for guard in guards]) if guards else None,
        int_array([guard.version for guard in guards]) if guards else None,
        text_array(given.forbidden_claims) if given.forbidden_claims else None,
        *_claims(given.claims),
        *_claims(given.releases),
        _text(key.key) if key else None,
        key.request_hash if key else None,
        _json(key.answer) if key else None,
        _text(completed),
        _json(completed_answer),
        _time(given.clock),
        None if given.rewinds_at is None else pack("!q", given.rewinds_at),
    )


def _claims(claims: Sequence[Claim]) -> tuple[bytes | None, ...]:
    if not claims:
        return None, None, None
    kinds, values, owners = zip(*claims, strict=True)
    return text_array(kinds), text_array(values), uuid_array([owner.int for owner in owners])


def _appended(what: Appending, result: PGresult) -> Appended:
    value = result.get_value
    numbers = value(0, 5)
    recorded = Recorded(
        _int(value(0, 0)),
        _int(value(0, 1)),
        _instant(value(0, 2)),
        value(0, 4) or b"",
        texts_in(numbers) if numbers else None,
    )
    return Appended(what, recorded, _instant(value(0, 3)))


def _int(value: bytes | None) -> int:
    return int.from_bytes(value or b"", signed=True)


def _instant(value: bytes | None) -> datetime:
    return _EPOCH + timedelta(microseconds=_int(value))


def _text(value: str | None) -> bytes | None:
    return None if value is None else value.encode()


def _uuid(value: UUID | None) -> bytes | None:
    return None if value is None else value.bytes


def _time(value: datetime | None) -> bytes | None:
    return None if value is None else pack("!q", (value - _EPOCH) // _MICROSECOND)


def _json(value: Mapping[str, Any] | None) -> bytes | None:
    return None if value is None else msgspec.json.encode(value)
