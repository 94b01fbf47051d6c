"""Everything that falls due up to an instant, in order: the same run for live and test accounts.

The order is (due instant, kind, id). Each kind is one bulk command that leaves alone what is not
due any more, so a late, doubled or interrupted run changes nothing that was already done.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from domain.commands.accounts import advance_clock
from domain.commands.automatic import charge_again
from domain.commands.giving_up import end_dunning
from domain.commands.renewing import (
    begin_extensions,
    end_suspensions,
    expire_subscriptions,
    mark_past_due,
    renew_subscriptions,
)
from domain.commands.resuming import (
    NotResumed,
    abandon_payments,
    resume_payments,
    resume_refunds,
)
from domain.commands.starting import (
    give_up_incomplete,
    retry_charges,
    start_subscriptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books, Lost
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.commands.resuming import Waiting

_log = logging.getLogger(__name__)
AT_ONCE = 500
"""Aggregates a bulk command takes at a time."""

KINDS = (
    "abandon", "expire", "activate", "extend", "renew", "unsuspend", "charge",
    "charge_invoice", "past_due", "dunning", "give_up",
)  # fmt: skip


class DueWork(Protocol):
    """What is due in one account, read from its projections."""

    def catch_up(self) -> None:
        """Show everything recorded so far."""

    def next_instant(self, until: datetime, after: datetime | None = None) -> datetime | None:
        """The earliest due instant not after `until`, and later than `after` if that is given."""

    def refs(self, kind: str, at: datetime, limit: int, after: str | None) -> list[str]:
        """Typed ids due by `at` for a kind of work, in order, beginning after one of them."""

    def unanswered_payments(self, older_than_seconds: float) -> list[Waiting]:
        """Payments begun so long ago, by the wall clock, whose gateway's answer never came."""

    def unanswered_refunds(self, older_than_seconds: float) -> list[Waiting]:
        """As payments: money on its way back of which no gateway told."""

    def open_sent_invoices(self) -> list[str]:
        """Invoices sent to customers and not paid, oldest first."""

    def open_invoices(self) -> list[str]:
        """Every invoice that waits for money, oldest first."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One account with what running its due work needs."""

    books: Books
    account: Account
    gateways: Gateways
    due: DueWork
    act: Act


@dataclass(slots=True)
class Summary:
    """How many things of each kind ran, what was refused, and how far the clock came."""

    ran: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    steps: int = 0


def run_due(
    desk: Desk,
    until: datetime,
    on_step: Callable[[datetime], None] | None = None,
    summary: Summary | None = None,
    on_page: Callable[[Summary], None] | None = None,
) -> Summary:
    """Run what falls due up to `until`; a test account's clock moves along and ends there.

    `on_page` is called with what ran so far, after each of the pages that many due ones take: a
    run of an hour keeps its lease and says how far it is.
    """
    done = summary or Summary()
    desk.due.catch_up()
    resume(desk, done, older_than_seconds=_patience(desk))
    passed: datetime | None = None
    while (at := desk.due.next_instant(until, passed)) is not None:
        _move_clock(desk, at)
        before = desk.books.head().position
        for kind in KINDS:
            _run_kind(desk, kind, max(at, desk.books.now()), done, on_page)
        done.steps += 1
        if on_step is not None:
            on_step(at)
            desk.due.catch_up()
        if desk.books.head().position == before:
            passed = at  # what is due then cannot be done now; what is due later can
    _move_clock(desk, until)
    return done


def _move_clock(desk: Desk, to: datetime) -> None:
    if not desk.account.livemode and to > desk.books.now():
        advance_clock(desk.books, to, desk.act)


def resume(desk: Desk, done: Summary | None = None, *, older_than_seconds: float) -> None:
    """Look up the charges and refunds whose answer never came."""
    for kind, waiting, command in (
        ("resume_payment", desk.due.unanswered_payments(older_than_seconds), resume_payments),
        ("resume_refund", desk.due.unanswered_refunds(older_than_seconds), resume_refunds),
    ):
        if waiting:
            resumed = command(desk.books, desk.gateways, desk.account, waiting, desk.act)
            refused = _told(resumed.lost)
            if done is not None:
                _count(done, kind, resumed.ended)
                done.refused.extend(refused)
            desk.due.catch_up()


def _patience(desk: Desk) -> float:
    """On a test account time is moved by hand, and what is unanswered is looked up with it."""
    return gateway_patience(desk) if desk.account.livemode else 0.0


def gateway_patience(desk: Desk) -> float:
    """Seconds after which an unanswered charge is looked up: twice the longest timeout."""
    return 2.0 * max((each.timeout_seconds for each in desk.gateways.values()), default=30)


def _run_kind(
    desk: Desk,
    kind: str,
    at: datetime,
    done: Summary,
    on_page: Callable[[Summary], None] | None,
) -> None:
    """Page by page, each behind the last one; the views follow meanwhile and are waited for at
    the end."""
    after = None
    while refs := desk.due.refs(kind, at, AT_ONCE, after):
        touched: set[str] = set()
        desk.books.touched = touched
        done.refused.extend(_run(desk, kind, refs))
        desk.books.touched = None
        _count(done, kind, len(touched.intersection(refs)))
        after = refs[-1]
        if on_page is not None:
            on_page(done)
    if after is not None:
        desk.due.catch_up()


def _count(done: Summary, kind: str, ran: int) -> None:
    """What had to be left as it was (a payment is under way, say) is not work that was done."""
    if ran:
        done.ran[kind] += ran


def _run(desk: Desk, kind: str, refs: Sequence[str]) -> list[str]:
    return _told(_COMMANDS[kind](desk, refs))


def _told(lost: Sequence[Lost]) -> list[str]:
    """Why each was refused; what nobody foresaw is in the log too, with where it was."""
    for loss in lost:
        if isinstance(loss.error, NotResumed):
            _log.error("%s", loss.error, exc_info=loss.error)
    return [str(loss.error) for loss in lost]


_COMMANDS: Mapping[str, Callable[[Desk, Sequence[str]], list[Lost]]] = {
    "abandon": lambda d, refs: abandon_payments(d.books, d.gateways, d.account, refs, d.act),
    "expire": lambda d, refs: expire_subscriptions(d.books, d.gateways, d.account, refs, d.act),
    "activate": lambda d, refs: start_subscriptions(d.books, d.gateways, d.account, refs, d.act),
    "extend": lambda d, refs: begin_extensions(d.books, refs, d.act),
    "renew": lambda d, refs: renew_subscriptions(d.books, d.gateways, d.account, refs, d.act),
    "unsuspend": lambda d, refs: end_suspensions(d.books, refs, d.act),
    "charge": lambda d, refs: retry_charges(d.books, d.gateways, d.account, refs, d.act),
    "charge_invoice": lambda d, r: charge_again(d.books, d.gateways, d.account, r, d.act),
    "past_due": lambda d, refs: mark_past_due(d.books, d.account, refs, d.act),
    "dunning": lambda d, refs: end_dunning(d.books, d.gateways, d.account, refs, d.act),
    "give_up": lambda d, refs: give_up_incomplete(d.books, d.account, refs, d.act),
}
"""What is done with so many that are due, kind by kind."""
