"""Opening an account, and moving a test account's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.accounts.account import Account
from domain.accounts.test_clock import TestClock
from domain.commands.act import Done
from domain.shared.errors import Conflict, DomainError, FieldError, Invalid
from domain.shared.money import EXPONENTS
from domain.shared.period import zone_names
from domain.shared.recording import Conditions

if TYPE_CHECKING:
    from datetime import datetime

    from domain.application import Books
    from domain.commands.act import Act

FIRST_EVENTS = 2
"""A test account's log begins with the account and its clock; more is business."""


def open_account(
    books: Books, act: Act, *, name: str, timezone: str, currency: str, livemode: bool
) -> Done:
    """The account's first events. Raises Invalid for an unknown time zone or currency."""
    require_known(name, timezone, currency)
    account = Account.begin(
        Account.Created,
        id=books.account_id,
        name=name,
        livemode=livemode,
        timezone=timezone,
        currency=currency,
    )
    if livemode:
        return Done(account.ref, books.record(account, by=act.by))
    now = books.now()
    clock = TestClock.begin(TestClock.Created, id=TestClock.id_for(books.account_id), now=now)
    return Done(account.ref, books.record(account, clock, by=act.by, given=Conditions(clock=now)))


def require_known(name: str, timezone: str, currency: str) -> None:
    wrong = []
    if not name.strip():
        wrong.append(FieldError("name", "required", "a name is needed"))
    if timezone not in zone_names():
        wrong.append(FieldError("timezone", "unknown_timezone", f"{timezone!r} is not known"))
    if currency not in EXPONENTS:
        wrong.append(FieldError("currency", "unknown_currency", f"{currency!r} is not known"))
    if wrong:
        raise Invalid(tuple(wrong))


def account_of(books: Books) -> Account:
    return books.load(Account, books.account_id)


def clock_of(books: Books) -> TestClock:
    """Raises Conflict `test_clock_unavailable` on a live account."""
    try:
        return books.load(TestClock, TestClock.id_for(books.account_id))
    except DomainError as missing:
        raise Conflict("test_clock_unavailable", "only test accounts have a clock") from missing


def set_clock(books: Books, now: datetime, act: Act) -> Done:
    """Any instant, while nothing but clock settings was recorded.

    Raises Conflict `test_clock_started` afterwards.
    """
    clock = clock_of(books)
    position = books.head().position
    if position > FIRST_EVENTS + clock.version - 1:
        raise Conflict("test_clock_started", "the account has business events: advance instead")
    clock.set(now)
    given = act.given(clock.ref, clock=now, rewinds_at=position)
    return Done(clock.ref, books.record(clock, by=act.by, given=given))


def advance_clock(books: Books, to: datetime, act: Act) -> Done:
    """One step forward, without running what falls due: that is the caller's order of work."""
    clock = clock_of(books)
    clock.advance(to)
    if not clock.pending_events:
        return Done(clock.ref, None)
    return Done(clock.ref, books.record(clock, by=act.by, given=act.given(clock.ref, clock=to)))
