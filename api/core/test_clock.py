"""A test account's clock: set before anything happens, then moved with all that falls due."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from api import views
from api.fields import Body, Instant
from api.query import allow
from api.resource_routes import BASE
from api.route import Read, Route, Shape, Write
from api.views import Loaded
from api.writing import Written, of
from domain.accounts.test_clock import TestClock
from domain.commands import accounts
from domain.shared.errors import Invalid
from domain.shared.recording import Conditions
from projections.rendering import instant

if TYPE_CHECKING:
    from datetime import datetime

    from api.call import Call
    from api.views import Found

CLOCK = Loaded(
    "test_clock", TestClock, accounts.clock_of, lambda clock: {"now": instant(clock.now)}
)
_ADVANCING = ThreadPoolExecutor(max_workers=8, thread_name_prefix="advance")
"""What takes longer than a request may goes on here; its progress is the clock itself."""


class ClockSetting(Body):
    now: Instant


class Advance(Body):
    to: Instant


def show(call: Call) -> Found:
    allow(call.query)
    return views.one(call, CLOCK, accounts.clock_of(call.books).ref)


def set_now(call: Call, body: ClockSetting) -> Written:
    return of(accounts.set_clock(call.books, body.now, call.act))


def advance(call: Call, body: Advance) -> Written:
    """Runs what falls due up to `to`. What takes too long goes on by itself: 202."""
    clock = accounts.clock_of(call.books)
    if body.to < clock.now:
        raise Invalid.one("to", "before_now", f"the clock already shows {instant(clock.now)}")
    call.services.gate.leave()
    running = _ADVANCING.submit(_advance, call, clock.ref, body.to)
    try:
        return running.result(call.services.advance_wait_seconds)
    except TooSlow:
        progress = {"shown": {"status": "processing", "to": instant(body.to)}, "status": 202}
        return Written(clock.ref, None, progress)


def _advance(call: Call, ref: str, to: datetime) -> Written:
    """The key is taken last: until then a repeated request finds nothing left to do."""
    act = call.act
    summary = call.services.advance(call.account_id, to, replace(act, key=None))
    told: dict[str, Any] = {
        "shown": {"ran": dict(summary.ran), "refused": [str(each) for each in summary.refused]}
    }
    if act.key is None:
        return Written(ref, None, told)
    key = replace(act.key, answer={"id": ref, **told})
    books = call.services.books_for(call.account_id)  # `If-Match` spoke of the clock before
    return Written(ref, books.record(by=act.by, given=Conditions(key=key)), told)


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/test_clock",
        handler=show,
        kind=CLOCK,
        rule="test_clock:read",
        shape=Shape.ITEM,
        summary="A test account's clock",
    ),
    Write(
        method="PATCH",
        path=f"{BASE}/test_clock",
        handler=set_now,
        kind=CLOCK,
        rule="test_clock:write",
        body=ClockSetting,
        summary="Set the clock, before anything happened",
    ),
    Write(
        method="POST",
        path=f"{BASE}/test_clock/advance",
        handler=advance,
        kind=CLOCK,
        rule="test_clock:write",
        body=Advance,
        waits=True,
        summary="Run everything that falls due up to an instant",
    ),
)
