"""The log as a list: newest first, filtered by subject, type, actor, time and position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from domain.shared.errors import FieldError, Invalid
from domain.shared.identifiers import MalformedId, typed_id, uuid_of
from projections import cursors
from projections.catalogue import PREFIXES
from projections.rendering import instant
from projections.values import BadValue, instant_of, integer_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from projections.reading import Reading

_SELECT = """
SELECT position, event_id, topic, originator_id, originator_version, actor, channel, reason,
       request_id, causation_id, correlation_id, recorded_at, document_number, state
  FROM stored_events
 WHERE account_id = %(account)s"""
_RANGES = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_EQUAL = {"subject": "originator_id", "type": "topic", "actor": "actor", "channel": "channel",
          "request_id": "request_id", "position": "position"}  # fmt: skip
_RANGED = {"position": "position", "recorded_at": "recorded_at", "created_at": "recorded_at"}


class Page(NamedTuple):
    data: list[dict[str, Any]]
    next_cursor: str | None


class _Asked(NamedTuple):
    conditions: list[str]
    bound: dict[str, Any]


def page(reading: Reading, query: Mapping[str, str], timezone: str) -> Page:
    """Events up to the end of the log. Raises Invalid naming every wrong parameter."""
    asked = dict(query)
    limit, descending = _limit(asked.pop("limit", "20")), _order(asked.pop("sort", "-position"))
    cursor = asked.pop("cursor", None)
    wanted = _conditions(asked, timezone)
    scope = f"events {descending}"
    if cursor is not None:
        end = cursors.read_cursor(reading.account_id, scope, cursor)
        wanted.conditions.append(f"position {'<' if descending else '>'} %(after)s")
        wanted.bound["after"] = end.value
    where = "".join(f" AND {condition}" for condition in wanted.conditions)
    statement = f"{_SELECT}{where} ORDER BY position{' DESC' if descending else ''} LIMIT %(limit)s"
    rows = reading.select(statement, {**wanted.bound, "limit": limit + 1})
    shown = [_render(row) for row in rows[:limit]]
    more = len(rows) > limit
    last = rows[limit - 1][0] if more else None
    ended = cursors.write_cursor(reading.account_id, scope, last, "") if more else None
    return Page(shown, ended)


def _limit(text: str) -> int:
    try:
        limit = integer_of(text)
    except BadValue:
        limit = 0
    if not 1 <= limit <= 100:
        raise Invalid.one("limit", "invalid_value", "must be between 1 and 100")
    return limit


def _order(text: str) -> bool:
    """Whether the newest come first."""
    if text not in {"position", "-position", "created_at", "-created_at"}:
        raise Invalid.one("sort", "unknown_sort", "can be sorted by position, created_at")
    return text.startswith("-")


def _conditions(asked: Mapping[str, str], timezone: str) -> _Asked:
    wanted, problems = _Asked([], {}), []
    for number, (name, text) in enumerate(asked.items()):
        column, relation = _relation(name)
        if column is None:
            problems.append(FieldError(name[:100], "unknown_filter", "there is no such filter"))
            continue
        try:
            wanted.bound[f"f{number}"] = _reader(column, timezone)(text)
        except BadValue as bad:
            problems.append(FieldError(name, "invalid_value", str(bad)))
        wanted.conditions.append(f"{column} {relation} %(f{number})s")
    if problems:
        raise Invalid(tuple(problems))
    return wanted


def _relation(name: str) -> tuple[str | None, str]:
    base, bracket, rest = name.partition("[")
    if not bracket:
        return _EQUAL.get(name), "="
    relation = _RANGES.get(rest.removesuffix("]")) if rest.endswith("]") else None
    return (_RANGED.get(base), relation) if relation else (None, "")


def _reader(column: str, timezone: str) -> Callable[[str], Any]:
    match column:
        case "originator_id":
            return _subject
        case "position":
            return integer_of
        case "recorded_at":
            return lambda text: instant_of(text, timezone)
        case _:
            return text_of


def _subject(text: str) -> Any:
    try:
        return uuid_of(text)
    except MalformedId:
        raise BadValue("must be an id, as sub_01h…") from None


def _render(row: tuple[Any, ...]) -> dict[str, Any]:
    (position, event_id, topic, originator, version, actor, channel, reason, request_id,
     causation, correlation, recorded_at, number, state) = row  # fmt: skip
    data = orjson.loads(state)
    if number is not None:
        data["number"] = number
    return {
        "id": typed_id("evt", event_id),
        "object": "event",
        "position": position,
        "type": topic,
        "subject": typed_id(PREFIXES.get(topic, "unknown"), originator),
        "version": version,
        "actor": actor,
        "channel": channel,
        "reason": reason,
        "request_id": request_id,
        "causation_id": None if causation is None else typed_id("evt", causation),
        "correlation_id": None if correlation is None else str(correlation),
        "recorded_at": instant(recorded_at),
        "created_at": instant(recorded_at),
        "data": data,
    }
