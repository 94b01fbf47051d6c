"""The years lived through: each subscription begins on its day, and what falls due runs between.

Every step leaves alone what was done before, so a run that was interrupted is simply run again:
a subscription is known by its old_provider_id, an unpaid invoice by its status, the moment by the
account's own clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from domain.commands.ending_with_term import cancel_many_at_period_end
from domain.commands.offline import OfflinePayment, mark_many_paid
from domain.commands.sales import NewSubscription
from domain.commands.subscribing import create_subscriptions
from domain.subscriptions.subscription import Subscription as Sold
from importer.catalogue import absent
from importer.outcome import Told
from scheduler.due import Summary, run_due

if TYPE_CHECKING:
    from datetime import datetime

    from importer.outcome import Outcome, Watch
    from importer.staging import Staging
    from importer.subscriber import Subscription
    from scheduler.due import Desk

AT_ONCE = 160
"""Subscriptions begun at a time: with invoice and payment three aggregates of an append's 500."""

Page = Sequence[tuple[str, str | None]]
"""Invoices, each with its subscription's old_provider_id."""

INVOICES_AT_ONCE = 160
"""Invoices marked paid at a time, for the same reason."""


class SentInvoices(Protocol):
    """Invoices that were sent and wait for their money, read from the account's projections."""

    def issued_at(self, at: datetime, after: str | None, limit: int) -> Page:
        """Open ones issued at that instant by id, beginning after an invoice."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One import on its way through time."""

    desk: Desk
    staging: Staging
    sent: SentInvoices
    outcome: Outcome
    watch: Watch

    def live_until(self, until: datetime) -> None:
        """From where the account's clock stands; it shows `until` afterwards."""
        now = self.desk.books.now()
        instants = self.staging.instants()
        self.watch.stage("subscriptions and invoices", sum(now <= at <= until for at in instants))
        self._collect(now)
        for at in instants:
            if at < now and at <= until:
                self._tell_too_late(at)
            elif at <= until:
                self._reach(at)
                self._begin(at)
                self._cancel(at)
                self._collect(at)
                self.watch.moved(1)
        self._reach(until)
        self._collect(until)
        self._tell_later(until)

    def _reach(self, at: datetime) -> None:
        """What falls due at `at` itself is collected afterwards, with what begins then."""

        def collect(step: datetime) -> None:
            if step < at:
                self._collect(step)

        ran = run_due(self.desk, at, on_step=collect, summary=Summary())
        self.outcome.ran += ran.ran
        for reason in ran.refused:
            self.outcome.refused.add(Told("due work", at.isoformat(), reason))

    def _begin(self, at: datetime) -> None:
        for page in self.staging.starting(at, AT_ONCE):
            new = absent(self.desk, "sub", page)
            if new:
                self._create(new)

    def _create(self, new: Sequence[Subscription]) -> None:
        desk = self.desk
        wanted = [_new_subscription(each) for each in new]
        refused = create_subscriptions(desk.books, desk.gateways, desk.account, wanted, desk.act)
        self.outcome.created["subscriptions"] += len(new) - len(refused)
        for place, error in refused:
            told = Told("subscription", new[place].old_provider_id, str(error))
            self.outcome.refused.add(told)

    def _cancel(self, at: datetime) -> None:
        books = self.desk.books
        for page in self.staging.canceling(at, AT_ONCE):
            keys = [each.old_provider_id for each in page]
            owners = books.owners_of("sub.old_provider_id", keys)
            by_reason = defaultdict(list)
            for each in page:
                if each.old_provider_id in owners:
                    ref = books.ref_of(owners[each.old_provider_id], Sold.prefix)
                    by_reason[each.cancel_reason].append(ref)
            for reason, refs in by_reason.items():
                cancel_many_at_period_end(books, refs, reason, self.desk.act)

    def _collect(self, at: datetime) -> None:
        """Money that came by itself, for what was sent at this instant, before time moves on."""
        self.watch.moment(at)
        self.desk.due.catch_up()
        issued, last = self.desk.books.now(), None
        while page := self.sent.issued_at(issued, last, INVOICES_AT_ONCE):
            last = page[-1][0]
            self._mark_paid(page)
        if last is not None:
            self.desk.due.catch_up()

    def _mark_paid(self, page: Page) -> None:
        desk = self.desk
        keys = [key for _, key in page if key is not None]
        known = {each.old_provider_id: each for each in self.staging.subscriptions(keys)}
        by_money = defaultdict(list)
        for invoice_ref, key in page:
            wanted = known.get(key or "")
            if wanted is not None and wanted.mark_paid_by is not None:
                by_money[_money(wanted)].append(invoice_ref)
        for offline, refs in by_money.items():
            lost = mark_many_paid(desk.books, desk.account, refs, offline, desk.act)
            self.outcome.ran["mark_paid"] += len(refs) - len(lost)
            for loss in lost:
                self.outcome.refused.add(Told("payment", offline.reference, str(loss.error)))

    def _tell_too_late(self, at: datetime) -> None:
        """What should have begun before the clock's time and did not."""
        for page in self.staging.starting(at, AT_ONCE):
            for each in absent(self.desk, "sub", page):
                reason = "starts before the account's clock"
                self.outcome.refused.add(Told("subscription", each.old_provider_id, reason))

    def _tell_later(self, until: datetime) -> None:
        for line, key in self.staging.starting_after(until):
            self.outcome.later.add(Told("line", str(line), key))


def _money(subscription: Subscription) -> OfflinePayment:
    category = subscription.mark_paid_by or ""
    return OfflinePayment(reference=subscription.mark_paid_reference or category, category=category)


def _new_subscription(subscription: Subscription) -> NewSubscription:
    return NewSubscription(
        customer_old_provider_id=subscription.customer_old_provider_id,
        plan_old_provider_id=subscription.plan_old_provider_id,
        quantity=subscription.quantity,
        auto_renew=subscription.auto_renew,
        collection_method=subscription.collection_method,
        old_provider_id=subscription.old_provider_id,
        metadata=subscription.metadata,
    )
