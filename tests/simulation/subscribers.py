"""Readers subscribe, now, later or from elsewhere, and change their minds in every way there is."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from domain.commands import (
    booking,
    changing,
    ending,
    ending_with_term,
    extending,
    restarting,
    sales,
    starting,
    subscribing,
)
from domain.commands.act import Act
from domain.shared.recording import Context
from domain.subscriptions.states import Move
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.simulation.world import World

_ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))
_WAYS = ["charge_automatically", "send_invoice"]
_IN_MIND = 20
_FITTING = 0.9


class Subscribers:
    def acts(self, world: World) -> list[tuple[Callable[[], None], int]]:
        found: list[tuple[Callable[[World], None], int]] = []
        if world.customers and world.plans:
            found += [(self.subscribe, 10), (self.subscribe_later, 5), (self.migrate, 3)]
        if world.subscriptions:
            found += [(self.cancel, 3), (self.reactivate, 2), (self.cancel_now, 3)]
            found += [(self.book, 5), (self.change_plan, 6), (self.extend, 3)]
            found += [(self.reschedule, 2), (self.suspend, 1), (self.restart, 5)]
        return [(partial(act, world), often) for act, often in found]

    def subscribe(self, world: World) -> None:
        quantity = world.random.choice([1, 1, 3])
        self._sold(world, quantity=quantity, coupon_id=world.shoppers.named(world.random))

    def subscribe_later(self, world: World) -> None:
        start = world.desk.books.now() + timedelta(days=world.random.choice([1, 20, 50]))
        behavior = world.random.choice(["bill_immediately", "bill_on_start_date"])
        self._sold(world, start_date=start, billing_behavior=behavior)

    def migrate(self, world: World) -> None:
        """It runs elsewhere already, and is billed here from its next term on."""
        on = world.desk.books.now() + timedelta(days=world.random.choice([2, 17, 33]))
        self._sold(world, next_invoice_date=on, current_period_end=on)

    def _sold(self, world: World, **fields: Any) -> None:
        desk, pick = world.desk, world.random
        new = sales.NewSubscription(
            customer_id=pick.choice(world.customers), plan_id=pick.choice(world.plans),
            collection_method=pick.choice(_WAYS), **fields,
        )  # fmt: skip
        done, _ = subscribing.create_subscription(
            desk.books, desk.gateways, desk.account, new, _ACT
        )
        world.subscriptions.append(done.ref)

    def reschedule(self, world: World) -> None:
        desk = world.desk
        start = desk.books.now() + timedelta(days=world.random.choice([2, 9, 40]))
        ref = one_that_allows(world, Move.RESCHEDULE)
        starting.reschedule_subscription(desk.books, desk.account, ref, start, _ACT)

    def book(self, world: World) -> None:
        desk, pick = world.desk, world.random
        new = booking.Renewal(
            plan_id=pick.choice([None, None, *world.plans]),
            billing_behavior=pick.choice([None, "bill_immediately", "bill_on_start_date"]),
            replace_upcoming_phases=pick.random() < 0.3,
        )
        ref = one_that_allows(world, Move.BOOK)
        booking.book_phase(desk.books, desk.gateways, desk.account, ref, new, _ACT)

    def change_plan(self, world: World) -> None:
        desk, pick = world.desk, world.random
        way = pick.choice(["immediate", "immediate", "next_invoice", "none"])
        ref, plan = one_that_allows(world, Move.CHANGE_PLAN), pick.choice(world.plans)
        changing.change_plan(desk.books, desk.gateways, desk.account, ref, plan, way, _ACT)

    def extend(self, world: World) -> None:
        desk, ref = world.desk, one_that_allows(world, Move.EXTEND)
        end = desk.books.load(Subscription, ref).phase.end + timedelta(days=11)
        extending.extend_subscription(desk.books, desk.account, ref, end, _ACT)

    def cancel_now(self, world: World) -> None:
        desk, pick = world.desk, world.random
        kind = pick.choice(["none", "full", "prorated", "amount"])
        asked = ending.RefundAsked(
            type=kind, amount=500 if kind == "amount" else None,
            to=pick.choice(["card", "balance", "offline"]),
        )  # fmt: skip
        ref = one_that_allows(world, Move.CANCEL_NOW)
        ending.cancel_now(desk.books, desk.gateways, desk.account, ref, "left", asked, _ACT)

    def cancel(self, world: World) -> None:
        desk = world.desk
        asked = ending.RefundAsked(type=world.random.choice(["none", "none", "full"]))
        ref = one_that_allows(world, Move.CANCEL_AT_END)
        ending_with_term.cancel_at_period_end(
            desk.books, desk.gateways, desk.account, ref, "left", _ACT, asked
        )

    def reactivate(self, world: World) -> None:
        """Rather one that is to end."""
        books, latest = world.desk.books, world.subscriptions[-_IN_MIND:]
        pending = [each.ref for each in books.load_many(Subscription, latest).values()
                   if each.cancel_at_period_end and each.allows(Move.REACTIVATE)]  # fmt: skip
        ref = world.random.choice(pending or latest)
        ending_with_term.reactivate_subscription(books, ref, _ACT)

    def suspend(self, world: World) -> None:
        until = world.desk.books.now() + timedelta(days=world.random.choice([3, 70]))
        ref = one_that_allows(world, Move.SUSPEND)
        subscribing.suspend_subscription(world.desk.books, ref, until, _ACT)

    def restart(self, world: World) -> None:
        desk, pick = world.desk, world.random
        new = sales.NewSubscription(
            plan_id=pick.choice([None, None, *world.plans]), collection_method=pick.choice(_WAYS)
        )
        ref = one_that_allows(world, Move.RESTART)
        restarting.restart_subscription(desk.books, desk.gateways, desk.account, ref, new, _ACT)


def one_that_allows(world: World, move: Move) -> str:
    """Mostly; of the latest, as those of long ago have ended."""
    latest, pick = world.subscriptions[-_IN_MIND:], world.random
    known = world.desk.books.load_many(Subscription, latest).values()
    fitting = [each.ref for each in known if each.allows(move)]
    return pick.choice(fitting if fitting and pick.random() < _FITTING else latest)
