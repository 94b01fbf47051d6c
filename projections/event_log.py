"""The log as `/events` lists it, read from the events themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from domain.shared.errors import FieldError, Gathered, Invalid, NotFound
from domain.shared.identifiers import MalformedId, typed_id, uuid_of
from projections import cursors
from projections.catalogue import PREFIXES, withheld
from projections.lists import digest_of
from projections.pages import Page, limit_of
from projections.rendering import instant
from projections.values import BadValue, instant_of, integer_of, text_of
from store.codec import TypedMapper
from store.personal_keys import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from projections.reading import Reading

COLUMNS = f"""e.position, e.event_id, e.topic, e.originator_id, e.originator_version, e.actor,
       e.channel, e.reason, e.request_id, e.idempotency_key, e.recorded_at, e.state,
       e.document_number, e.account_id, {KEY}"""
_plain = TypedMapper().plain
_RANGES = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
_EQUAL = {
    "subject": "e.originator_id",
    "type": "e.topic",
    "actor": "e.actor",
    "triggered_by": "e.channel",
    "request_id": "e.request_id",
    "idempotency_key": "e.idempotency_key",
}
_ORDERED = {
    "position": "e.position",
    **dict.fromkeys(("recorded_at", "created_at", "time"), "e.recorded_at"),
}


class Selection(NamedTuple):
    """SQL that goes on after the account, what it binds, and ASC or DESC of the position."""

    more: str
    bound: dict[str, Any]
    order: str
    digest: str


def selection(asked: Mapping[str, str], timezone: str) -> Selection:
    """Of the log, newest first: filters subject, type, actor, recorded_at, position and the like.

    Raises Invalid.
    """
    wanted, wrong = dict(asked), Gathered()
    sort = wanted.pop("sort", "-position")
    with wrong.noting():
        order = _order(sort)
    with wrong.noting():
        conditions, bound = _conditions(wanted, timezone)
    wrong.require_none()
    more = "".join(f" AND {condition}" for condition in conditions)
    return Selection(more, bound, order, digest_of(wanted.items()))


def page_of_events(reading: Reading, query: Mapping[str, str], timezone: str) -> Page:
    """A page of the selection. Raises Invalid. `data` is the event's own fields as stored."""
    asked = dict(query)
    named, cursor = asked.pop("limit", None), asked.pop("cursor", None)
    wrong = Gathered()
    with wrong.noting():
        limit = limit_of(named)
    with wrong.noting():
        chosen = selection(asked, timezone)
    wrong.require_none()
    scope = f"events {chosen.order} {chosen.digest}"
    more, bound = chosen.more, {**chosen.bound, "limit": limit + 1}
    if cursor is not None:
        bound["end"] = _position_in(cursors.read_cursor(reading.account_id, scope, cursor))
        more += f" AND e.position {'<' if chosen.order == 'DESC' else '>'} %(end)s::bigint"
    rows = reading.select(_statement(more, chosen.order), bound)
    shown = [render(row, livemode=reading.livemode) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(shown, None)
    end = cursors.write_cursor(reading.account_id, scope, shown[-1]["position"], shown[-1]["id"])
    return Page(shown, end)


def _position_in(end: cursors.End) -> int:
    if type(end.value) is not int or abs(end.value) >= 1 << 63:
        raise cursors.refused()
    return end.value


def _statement(more: str, order: str) -> str:
    return (
        f"SELECT {COLUMNS} FROM stored_events e WHERE e.account_id = %(account)s{more}"
        f" ORDER BY e.position {order} LIMIT %(limit)s"
    )


def _order(asked: str) -> str:
    """The position is the order in time too."""
    if asked.removeprefix("-") not in _ORDERED:
        raise Invalid.one("sort", "unknown_sort", f"can be sorted by {', '.join(_ORDERED)}")
    return "DESC" if asked.startswith("-") else "ASC"


def _conditions(asked: Mapping[str, str], timezone: str) -> tuple[list[str], dict[str, Any]]:
    problems: list[FieldError] = []
    conditions: list[str] = []
    bound: dict[str, Any] = {}
    for at, (name, value) in enumerate(asked.items()):
        compared = _comparison(name)
        if compared is None:
            shown = name[:100]
            problems.append(FieldError(shown, "unknown_filter", f"there is no filter {shown}"))
            continue
        try:
            bound[f"f{at}"] = _reader(name, timezone)(value)
        except BadValue as bad:
            problems.append(FieldError(name, "invalid_value", str(bad)))
        conditions.append(f"{compared} %(f{at})s")
    if problems:
        raise Invalid(tuple(problems))
    return conditions, bound


def _comparison(name: str) -> str | None:
    if name in _EQUAL:
        return f"{_EQUAL[name]} ="
    column, _, rest = name.partition("[")
    if column == name and column in _ORDERED:
        return f"{_ORDERED[column]} ="
    relation = _RANGES.get(rest.removesuffix("]")) if column in _ORDERED else None
    return f"{_ORDERED[column]} {relation}" if relation else None


def _reader(name: str, timezone: str) -> Callable[[str], object]:
    if name in _EQUAL:
        return _subject if name == "subject" else text_of
    if name.startswith("position"):
        return integer_of
    return lambda value: instant_of(value, timezone)


def _subject(ref: str) -> object:
    try:
        return uuid_of(ref)
    except MalformedId:
        raise BadValue("must be an id") from None


def render(row: tuple[Any, ...], *, livemode: bool) -> dict[str, Any]:
    position, event_id, topic, originator, version, actor, channel = row[:7]
    reason, request_id, key, recorded_at, state, number, account_id, opening = row[7:]
    data = withheld(topic, _plain(account_id, originator, version, topic, state, opening))
    return {
        "id": typed_id("evt", event_id),
        "object": "event",
        "position": position,
        "type": topic,
        "subject": typed_id(PREFIXES.get(topic, "agg"), originator),
        "subject_version": version,
        "actor": actor,
        "triggered_by": channel,
        "reason": reason,
        "request_id": request_id,
        "idempotency_key": key,
        "recorded_at": instant(recorded_at),
        "created_at": instant(recorded_at),
        "updated_at": instant(recorded_at),
        "version": 1,
        "livemode": livemode,
        "data": data if number is None else {**data, "number": number},
        "changes": None,
    }


def events_at(reading: Reading, subject: str, at: datetime) -> list[dict[str, Any]]:
    """What was recorded of the subject at one instant, in its order."""
    statement = f"""SELECT {COLUMNS} FROM stored_events e
        WHERE e.account_id = %(account)s AND e.originator_id = %(subject)s
          AND e.recorded_at = %(at)s ORDER BY e.position"""
    rows = reading.select(statement, {"subject": uuid_of(subject), "at": at})
    return [render(row, livemode=reading.livemode) for row in rows]


def event_by_id(reading: Reading, ref: str) -> dict[str, Any]:
    """One event. Raises NotFound."""
    statement = f"""SELECT {COLUMNS} FROM stored_events e
        WHERE e.account_id = %(account)s AND e.event_id = %(event)s"""
    try:
        rows = reading.select(statement, {"event": uuid_of(ref, "evt")})
    except MalformedId:
        rows = []
    if not rows:
        raise NotFound(detail=f"there is no event {ref[:100]!a}")
    return render(rows[0], livemode=reading.livemode)
