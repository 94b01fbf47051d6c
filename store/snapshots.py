"""States of aggregates as typed JSON, so that long histories are not replayed from their start."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

import msgspec
import psycopg

from domain.shared.identifiers import typed_id
from store.bindings import int_array, json_array, text_array, uuid_array
from store.exchange import Asked
from store.shapes import reader, typed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from domain.shared.aggregate import Aggregate
    from store.connections import Connections

_log = logging.getLogger(__name__)

_KEEP = """
    INSERT INTO snapshots (
        account_id, originator_id, originator_version, topic, created_on, modified_on, state)
    SELECT %(account)b, id, version, topic, created_on, modified_on, state
      FROM unnest(%(ids)b, %(versions)b, %(topics)b, %(created)b::timestamptz[],
                  %(modified)b::timestamptz[], %(states)b)
           AS s (id, version, topic, created_on, modified_on, state)
        ON CONFLICT (account_id, originator_id, originator_version) DO NOTHING"""
_NOT_STATE = {"_id", "_version", "_created_on", "_modified_on", "_pending_events", "ref"}
_encode = msgspec.json.Encoder().encode


class Snapshot(NamedTuple):
    """The state of one aggregate after its version."""

    aggregate: Aggregate
    topic: str
    state: bytes


def snapshot_topic(kind: type[Aggregate]) -> str:
    """Another SNAPSHOT_VERSION is another topic: what an older rule summed up is not loaded."""
    return f"{kind.TOPIC}#{kind.SNAPSHOT_VERSION}"


def take(aggregate: Aggregate) -> Snapshot:
    """Refuses a state its SNAPSHOT does not describe."""
    state = {name: value for name, value in vars(aggregate).items() if name not in _NOT_STATE}
    encoded = _encode(state)
    if _decoder(type(aggregate)).decode(encoded) != state:
        raise TypeError(f"{type(aggregate).__name__}.SNAPSHOT does not describe {state!r}")
    return Snapshot(aggregate, snapshot_topic(type(aggregate)), encoded)


def restore(kind: type[Aggregate], row: Sequence[Any], created_on: datetime) -> Aggregate | None:
    """None for a state of an older shape: the log tells it then.

    The row is id, version, topic, state and the time of the last event it sums up.
    """
    try:
        attributes = _decoder(kind).decode(row[3])
    except msgspec.MsgspecError:
        return None
    attributes["_id"] = row[0]
    attributes["_version"] = row[1]
    attributes["_created_on"] = created_on
    attributes["_modified_on"] = row[4]
    attributes["_pending_events"] = []
    attributes["ref"] = typed_id(kind.prefix, row[0])
    aggregate = object.__new__(kind)
    aggregate.__dict__.update(attributes)
    return aggregate


def keeping(account_id: UUID, taken: Sequence[Snapshot]) -> Asked:
    """Stores snapshots of what was just recorded. Without them time is lost later, nothing else."""
    aggregates = [snapshot.aggregate for snapshot in taken]
    bound = {
        "account": account_id,
        "ids": uuid_array([aggregate.id.int for aggregate in aggregates]),
        "versions": int_array([aggregate.version for aggregate in aggregates]),
        "topics": text_array([snapshot.topic for snapshot in taken]),
        "created": [aggregate.created_on for aggregate in aggregates],
        "modified": [aggregate.modified_on for aggregate in aggregates],
        "states": json_array([snapshot.state for snapshot in taken]),
    }
    return Asked(_KEEP, bound)


def keep(connections: Connections, asked: Asked) -> None:
    """Sends what `keeping` asks; raises nothing."""
    try:
        with connections.connection() as connection:
            connection.execute(asked.sql, asked.bound, prepare=True)
    except psycopg.Error:
        _log.warning("snapshots were not kept", exc_info=True)


@cache
def _decoder(kind: type[Aggregate]) -> msgspec.json.Decoder[dict[str, Any]]:
    hints = get_type_hints(kind.SNAPSHOT, include_extras=True)
    types = {name: typed(hint) for name, hint in hints.items()}
    return reader(types, total=True)
