"""Opening an account, its settings, and moving a test account's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.accounts.account import Account
from domain.accounts.test_clock import TestClock
from domain.commands.act import Done
from domain.shared.errors import Conflict, DocumentIssued, DomainError, FieldError, Invalid
from domain.shared.groups import Group
from domain.shared.money import EXPONENTS
from domain.shared.period import zone_names
from domain.shared.recording import Conditions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from domain.application import Books
    from domain.commands.act import Act

FIXED = ("timezone", "currency")
"""What every accounting date and every figure in the account's currency rests on."""

NOT_BUSINESS = ("account", "test_clock", "collaborator", "api_key")
"""What can be set up before a test account's clock is: anything else is business."""

NOTHING = Group([])


def open_account(
    books: Books,
    act: Act,
    *,
    name: str,
    timezone: str,
    currency: str,
    livemode: bool,
    beside: Group = NOTHING,
) -> Done:
    """The account's first events, and those of who may use it.

    Raises Invalid for an unknown time zone or currency.
    """
    require_known(name, timezone, currency)
    account = Account.begin(
        Account.Created,
        id=books.account_id,
        name=name,
        livemode=livemode,
        timezone=timezone,
        currency=currency,
    )
    others, claims = beside.aggregates, beside.given.claims
    if livemode:
        given = Conditions(claims=claims)
        return Done(account.ref, books.record(account, *others, by=act.by, given=given))
    now = books.now()
    clock = TestClock.begin(TestClock.Created, id=TestClock.id_for(books.account_id), now=now)
    given = Conditions(claims=claims, clock=now)
    return Done(account.ref, books.record(account, clock, *others, by=act.by, given=given))


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


def update_account(
    books: Books, changes: Mapping[str, Any], act: Act, version: int | None = None
) -> Done:
    """Settings count for what is decided from now on; documents and plans made stay as they are.

    Raises Conflict `timezone_fixed` or `currency_fixed` once an invoice was issued.
    """
    account = account_of(books)
    account.require_version(version)
    moved = [
        name
        for name in FIXED
        if changes.get(name, getattr(account, name)) != getattr(account, name)
    ]
    account.update(changes)
    given = act.given(account.ref, undocumented=bool(moved))
    try:
        return Done(account.ref, books.record(account, by=act.by, given=given))
    except DocumentIssued as issued:
        detail = f"invoices were issued: the {moved[0]} stays"
        raise Conflict(f"{moved[0]}_fixed", detail) from issued


def clock_of(books: Books) -> TestClock:
    """Raises Conflict `test_clock_unavailable` on a live account."""
    try:
        return books.load(TestClock, TestClock.id_for(books.account_id))
    except DomainError as missing:
        raise Conflict("test_clock_unavailable", "only test accounts have a clock") from missing


def set_clock(books: Books, now: datetime, act: Act) -> Done:
    """Any instant, while nothing but the account's own settings was recorded.

    Raises Conflict `test_clock_started` afterwards.
    """
    clock = clock_of(books)
    position = books.head().position
    if books.has_besides(NOT_BUSINESS):
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
