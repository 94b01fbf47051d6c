"""Subscriptions that are given: bought, redeemed, renewed by their donors, called off."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from domain.commands import booking, ending, gifts, subscribing
from domain.commands.act import Act
from domain.commands.sales import NewSubscription
from domain.invoicing.invoice import Invoice
from domain.shared.recording import Context
from domain.subscriptions.gift import Gift
from domain.subscriptions.states import RUNNING, Move
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from domain.application import Books
    from tests.simulation.world import World

_ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))


class Givers:
    """The gifts of one account, by typed id."""

    def __init__(self) -> None:
        self.gifts: list[str] = []

    def acts(self, world: World) -> list[tuple[Callable[[], None], int]]:
        """What donors and recipients may do now, and how often."""
        found: list[tuple[Callable[[], None], int]] = []
        if world.customers and world.plans:
            found.append((partial(self.give, world), 6))
        if self.gifts:
            found += [(partial(self.redeem, world), 8), (partial(self.prolong, world), 3)]
            found.append((partial(self.call_off, world), 2))
        return found

    def give(self, world: World) -> None:
        desk, random = world.desk, world.random
        later = desk.books.now() + timedelta(days=random.choice([4, 40]))
        new = NewSubscription(
            customer_id=random.choice(world.customers),
            plan_id=random.choice(world.plans),
            gift=Gift("reader@example.com", start_date=random.choice([None, later])),
            collection_method=random.choice(["charge_automatically", "send_invoice"]),
        )
        done, _ = subscribing.create_subscription(
            desk.books, desk.gateways, desk.account, new, _ACT
        )
        self.gifts.append(done.ref)
        world.subscriptions.append(done.ref)

    def redeem(self, world: World) -> None:
        """Also again, and by somebody new."""
        desk, random = world.desk, world.random
        ref = self._one(world, lambda gift: gift.waits_for_recipient and gift.allows(Move.REDEEM))
        known: dict[str, Any] = {"customer_id": random.choice(world.customers)}
        new = {"email": f"friend{random.randrange(10**6)}@example.com"}
        who = random.choice([known, known, new])
        asked = gifts.Redemption(code=_code(desk.books, ref), **who)
        gifts.redeem_gift(desk.books, desk.account, asked, _ACT)

    def prolong(self, world: World) -> None:
        desk, random = world.desk, world.random
        way = random.choice([None, "bill_immediately"])
        new = booking.Renewal(billing_behavior=way)
        ref = self._one(world, lambda gift: gift.redeemed and gift.allows(Move.BOOK))
        booking.renew_gift(desk.books, desk.gateways, desk.account, ref, new, _ACT)

    def _one(self, world: World, fits: Callable[[Subscription], bool]) -> str:
        """Mostly one that fits."""
        latest, pick = self.gifts[-12:], world.random
        known = world.desk.books.load_many(Subscription, latest).values()
        fitting = [each.ref for each in known if fits(each)]
        return pick.choice(fitting if fitting and pick.random() < 0.9 else latest)

    def call_off(self, world: World) -> None:
        desk, random = world.desk, world.random
        asked = ending.RefundAsked(
            type=random.choice(["none", "full", "prorated"]), to=random.choice(["card", "balance"]),
            override_gift=random.random() < 0.3,
        )  # fmt: skip
        ref = random.choice(self.gifts)
        ending.cancel_now(desk.books, desk.gateways, desk.account, ref, "mistake", asked, _ACT)

    def breaches(self, books: Books) -> Iterator[str]:
        """Nobody has what was not redeemed, and none of it is earned."""
        for ref in self.gifts:
            gift = books.load(Subscription, ref)
            if gift.status in RUNNING and not gift.redeemed:
                yield f"{ref} runs and was not redeemed"
            for invoice in books.load_many(Invoice, gift.invoices).values():
                held = any(line.held for line in invoice.lines)
                if held and gift.redeemed and invoice.ref == gift.latest_invoice_id:
                    yield f"{invoice.ref} is held though its gift was redeemed"


def _code(books: Books, ref: str) -> str:
    """The one thing of a gift that only its first event tells."""
    gift = books.load(Subscription, ref)
    told = books.recorder.histories(Subscription, [gift.id], until=books.head().position)
    created: Any = told[gift.id].events[0]
    return str(created.gift_code)
