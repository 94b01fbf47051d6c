"""Coupons are made and redeemed; drafts are written anew; credit is given back as money."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.catalog.coupon import Coupon
from domain.commands import coupons, drafting, invoicing, manual_lines, paying_back
from domain.commands.act import Act
from domain.shared.recording import Context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from domain.application import Books
    from scheduler.due import Desk
    from tests.simulation.world import World

_ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))


@dataclass
class Shoppers:
    """The coupons of one account, by typed id."""

    coupons: list[str] = field(default_factory=list)

    def acts(self, world: World) -> list[tuple[Callable[[], None], int]]:
        """Each with how likely it is."""

        def make_coupon() -> None:
            self.make_coupon(world.desk, world.random)

        def draft_by_hand() -> None:
            self.bill_by_hand(world.desk, world.random, world.random.choice(world.customers))

        def give_back() -> None:
            self.give_back(world.desk, world.random, world.random.choice(world.customers))

        buying = [(draft_by_hand, 3), (give_back, 3)] if world.customers else []
        return [(make_coupon, 2), *buying]

    def make_coupon(self, desk: Desk, random: Random) -> None:
        percent = random.choice([None, Decimal(10), Decimal("33.33"), Decimal(100)])
        duration = random.choice(["once", "repeating", "forever"])
        new = coupons.NewCoupon(
            code=f"C{len(self.coupons)}",
            percent=percent,
            amount=None if percent is not None else random.choice([1, 250, 99999]),
            currency=None if percent is not None else "USD",
            duration=duration,
            periods=random.choice([1, 3]) if duration == "repeating" else None,
            max_redemptions=random.choice([None, 1, 5]),
        )
        self.coupons.append(coupons.create_coupon(desk.books, new, _ACT).ref)

    def named(self, random: Random) -> str | None:
        """One of them, now and then, for a sale."""
        return random.choice([None, None, *self.coupons[-2:]])

    def bill_by_hand(self, desk: Desk, random: Random, customer: str) -> None:
        """Drafted with a coupon, said anew, issued."""
        line = manual_lines.NewLine(
            description="Reprint", unit_amount=random.choice([333, 1000, -100]),
            tax_rate=random.choice([None, Decimal("0.19")]),
            tax_behavior=random.choice(["exclusive", "inclusive"]),
        )  # fmt: skip
        new = drafting.NewInvoice(
            customer_id=customer, currency="USD", lines=[line], coupon_id=self.named(random)
        )
        made = drafting.create_invoice(desk.books, desk.account, new, _ACT)
        if random.random() < 0.5:
            change = {"lines": [line] * random.choice([1, 3])}
            drafting.update_invoice(desk.books, desk.account, made.ref, change, _ACT)
        if random.random() < 0.2:
            drafting.delete_invoice(desk.books, made.ref, _ACT)
        else:
            invoicing.issue_invoice(desk.books, desk.gateways, desk.account, made.ref, _ACT)

    def give_back(self, desk: Desk, random: Random, customer: str) -> None:
        asked = paying_back.PaidBack(
            amount=random.choice([1, 500, 3100]), currency="USD",
            to=random.choice(["card", "offline"]), reason="simulated",
        )  # fmt: skip
        paying_back.refund_balance(desk.books, desk.gateways, desk.account, customer, asked, _ACT)

    def breaches(self, books: Books) -> Iterator[str]:
        """None was redeemed more often than it may be."""
        for coupon in books.load_many(Coupon, self.coupons).values():
            if coupon.max_redemptions is not None and coupon.redemptions > coupon.max_redemptions:
                yield f"{coupon.ref} was redeemed {coupon.redemptions} times"
