"""What can happen in a simulated year: each act picks its subject by the seed and uses commands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from domain.commands import (
    accounts,
    addresses,
    balances,
    catalog,
    charging,
    customers,
    drafting,
    invoicing,
    manual_lines,
    offline,
    organizations,
    payment_methods,
)
from domain.commands.act import Act
from domain.customers.address import Address
from domain.customers.customer import Customer
from domain.customers.organization import Organization
from domain.customers.payment_method import PaymentMethod
from domain.invoicing.invoice import Invoice
from domain.shared.errors import DomainError
from domain.shared.period import Interval
from domain.shared.recording import Context
from scheduler.due import run_due
from tests.simulation import banks, erasures
from tests.simulation.clubs import Clubs
from tests.simulation.gateway import Crash
from tests.simulation.givers import Givers
from tests.simulation.meters import Meters
from tests.simulation.offices import Offices
from tests.simulation.paybacks import Paybacks
from tests.simulation.shoppers import Shoppers
from tests.simulation.subscribers import Subscribers

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from scheduler.due import Desk

ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))


@dataclass
class World:
    """One account and everything known in it, by kind of typed id."""

    desk: Desk
    random: Random
    products: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    organizations: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    subscriptions: list[str] = field(default_factory=list)
    clubs: Clubs = field(default_factory=Clubs)
    offices: Offices = field(default_factory=Offices)
    shoppers: Shoppers = field(default_factory=Shoppers)
    paybacks: Paybacks = field(default_factory=Paybacks)
    givers: Givers = field(default_factory=Givers)
    meters: Meters = field(default_factory=Meters)
    subscribers: Subscribers = field(default_factory=Subscribers)
    intervals: tuple[Interval, ...] = tuple(Interval)
    eager: int = 1
    """How much rather than all else something happens to subscriptions."""
    done: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    crashed: int = 0

    def step(self) -> str:
        """One act. A refusal or a crash is part of life; anything else is a defect."""
        name, act = self.random.choices(*_menu(self))[0]
        try:
            act()
            self.done[name] += 1
        except DomainError:
            self.refused += 1
        except Crash:
            self.crashed += 1
        return name

    def new_product(self) -> None:
        strategy = self.random.choice(["invoice_creation", "invoice_creation", "invoice_payment"])
        new = catalog.NewProduct(
            name=f"Product {len(self.products)}", revenue_recognition_strategy=strategy
        )
        self.products.append(catalog.create_product(self.desk.books, new, ACT).ref)

    def new_plan(self) -> None:
        pick = self.random
        new = catalog.NewPlan(
            product_id=pick.choice(self.products),
            name=f"Plan {len(self.plans)}",
            amount=pick.choice([0, 1, 999, 3000, 12345]),
            currency="USD",
            interval=pick.choice(self.intervals),
            interval_count=pick.choice([1, 1, 2, 3]),
            auto_renew=pick.random() < 0.9,
            trial_days=pick.choice([0, 0, 0, 14]),
            tax_rate=pick.choice([None, Decimal("0.19"), Decimal("0.07")]),
            tax_behavior=pick.choice(["exclusive", "inclusive"]),
            entitlements=("digital",),
            type=pick.choice(["regular", "membership"]),
            seat_capacity=pick.choice([None, 3, 6]),
        )
        self.plans.append(catalog.create_plan(self.desk.books, new, ACT).ref)

    def invite(self) -> None:
        self.clubs.invite(self.desk, self.random, self.subscriptions)

    def answer(self) -> None:
        self.clubs.answer(self.desk, self.random)

    def give_back(self) -> None:
        """Of an invoice met so far: a refund, a note, a note withdrawn, a late payment."""
        back, desk = self.paybacks, self.desk
        back.meet(desk, self._subscription() if self.subscriptions else None)
        acts = [back.refund, back.refund, back.note, back.note, back.recover]
        acts += [back.withdraw] if back.notes else []
        self.random.choice(acts)(desk, self.random)

    def reprice(self) -> None:
        pick = self.random
        changes = {"amount": pick.choice([500, 2999]), "entitlements": pick.choice([[], ["print"]])}
        catalog.update_plan(self.desk.books, pick.choice(self.plans), changes, ACT)

    def shelve(self) -> None:
        """Plans come and go; a product goes only when none of its plans is left."""
        books, pick = self.desk.books, self.random
        plan, product = pick.choice(self.plans), pick.choice(self.products)
        match pick.randrange(6):
            case 0:
                catalog.archive_plan(books, plan, ACT)
            case 1:
                catalog.archive_product(books, product, ACT)
            case 2:
                catalog.delete_product(books, product, ACT)
            case 3:
                catalog.delete_plan(books, plan, ACT)
            case _:
                catalog.unarchive_plan(books, plan, ACT)

    def change_settings(self) -> None:
        pick, books = self.random, self.desk.books
        settings = {
            "days_until_due": pick.choice([7, 30]),
            "incomplete_days": pick.choice([1, 7]),
            "invoice_prefix": pick.choice(["INV-", "B/"]),
            "bad_debt_tax_relief": pick.random() < 0.5,
            "gl_codes": {"bad_debt": pick.choice(["6100", "6109"])},
            "timezone": pick.choice([self.desk.account.timezone, "Asia/Tokyo"]),
        }
        changes = {name: settings[name] for name in pick.sample(sorted(settings), 2)}
        try:
            accounts.update_account(books, changes, ACT)
        finally:
            self.desk = replace(self.desk, account=accounts.account_of(books))

    def new_customer(self) -> None:
        books = self.desk.books
        email = f"reader{self.random.randrange(10**6)}@example.com"
        ref = customers.create_customer(books, customers.NewCustomer(email=email), ACT).ref
        self.customers.append(ref)
        token = self.random.choice(banks.TOKENS)
        card = payment_methods.NewPaymentMethod(customer_id=ref, token=token)
        done = payment_methods.create_payment_method(books, self.desk.gateways, card, ACT)
        self.cards.append(done.ref)

    def found(self) -> None:
        new = organizations.NewOrganization(name="Ltd", industry=self.random.choice(["a", None]))
        done = organizations.create_organization(self.desk.books, new, ACT)
        self.organizations.append(done.ref)

    def join(self) -> None:
        """Also what was dissolved: refused, as everything that is gone."""
        named = {"organization_id": self.random.choice([None, *self.organizations])}
        ref = self.random.choice(self.customers)
        customers.update_customer(self.desk.books, ref, named, ACT)

    def dissolve(self) -> None:
        ref = self.random.choice(self.organizations)
        organizations.delete_organization(self.desk.books, ref, ACT)

    def settle_down(self) -> None:
        pick = self.random
        new = addresses.NewAddress(
            customer_id=pick.choice(self.customers), line1="Here", country="US",
            type=pick.choice(["billing", "shipping"]), is_default=pick.random() < 0.5,
        )  # fmt: skip
        self.addresses.append(addresses.create_address(self.desk.books, new, ACT).ref)

    def move(self) -> None:
        ref, pick = self.random.choice(self.addresses), self.random
        if pick.random() < 0.3:
            addresses.delete_address(self.desk.books, ref, ACT)
            return
        changes = {"type": pick.choice(["billing", "shipping"]), "is_default": pick.random() < 0.5}
        addresses.update_address(self.desk.books, ref, changes, ACT)

    def change_card(self) -> None:
        ref = self.random.choice(self.cards)
        if self.random.random() < 0.3:
            payment_methods.delete_payment_method(self.desk.books, ref, ACT)
            return
        changes = {"is_default": self.random.random() < 0.8}
        payment_methods.update_payment_method(self.desk.books, ref, changes, ACT)

    def strays(self) -> list[str]:
        """What must never be: members of what is dissolved, two defaults, a deleted default."""
        books = self.desk.books
        people = books.load_many(Customer, self.customers).values()
        kept = {
            each.ref for each in books.load_many(Organization, self.organizations).values()
            if not each.deleted
        }  # fmt: skip
        cards = {
            each.ref: each for each in books.load_many(PaymentMethod, self.cards).values()
            if not each.deleted
        }  # fmt: skip
        homes = [each for each in books.load_many(Address, self.addresses).values()
                 if each.is_default]  # fmt: skip
        chosen = {(each.customer_id, each.type) for each in homes}
        return [
            *(each.ref for each in people if each.organization_id not in {None, *kept}),
            *(each.ref for each in people if each.default_payment_method_id not in {None, *cards}),
            *(["two default addresses"] if len(chosen) < len(homes) else []),
        ]

    def _subscription(self) -> str:
        """Rather one of the latest: those of long ago have ended."""
        return self.random.choice(self.subscriptions[-12:])

    def bill_by_hand(self) -> None:
        pick, now = self.random, self.desk.books.now()
        start = now + timedelta(days=pick.randrange(-60, 60))
        line = manual_lines.NewLine(
            description="By hand",
            unit_amount=pick.choice([-500, 0, 777, 10000]),
            product_id=pick.choice([None, *self.products]),
            period_start=start,
            period_end=start + timedelta(days=pick.randrange(1, 400)),
            tax_rate=pick.choice([None, Decimal("0.19")]),
        )
        once = manual_lines.NewLine(
            description="Once", unit_amount=pick.choice([0, 250, -700, -11000]),
        )  # fmt: skip
        lines = [line, once] if pick.random() < 0.5 else [line]
        new = drafting.NewInvoice(
            currency="USD", lines=lines, customer_id=pick.choice(self.customers),
            collection_method=pick.choice(["charge_automatically", "send_invoice"]),
        )  # fmt: skip
        desk = self.desk
        done = drafting.create_invoice(desk.books, desk.account, new, ACT)
        invoicing.issue_invoice(desk.books, desk.gateways, desk.account, done.ref, ACT)

    def move_balance(self) -> None:
        pick, desk = self.random, self.desk
        ref = pick.choice(self.customers)
        match pick.randrange(3):
            case 0:
                charged = balances.Charged(amount=pick.choice([1, 5000]), currency="USD")
                balances.charge_into_balance(
                    desk.books, desk.gateways, desk.account, ref, charged, ACT
                )
            case 1:
                paid = balances.PaidIn(
                    amount=2500, currency="USD", reference="check", category="check"
                )
                balances.pay_into_balance(desk.books, desk.account, ref, paid, ACT)
            case _:
                amount = pick.choice([-3000, -1, 700])
                balances.adjust_balance(
                    desk.books, desk.account, ref, amount, "USD", "goodwill", ACT
                )

    def apply_balance(self) -> None:
        amount = self.random.choice([None, None, 1, 100, 5000])
        ref, desk = self._open_invoice(), self.desk
        balances.apply_balance(desk.books, desk.account, ref, amount, ACT)

    def pay_by_hand(self) -> None:
        ref = self._open_invoice()
        owed = self.desk.books.load(Invoice, ref).amount_remaining
        amount = self.random.choice([None, max(owed // 3, 1), owed + 5])
        payment = offline.OfflinePayment(
            reference="check", category="check", amount=amount, excess_to_balance=True
        )
        offline.mark_paid(self.desk.books, self.desk.account, ref, payment, ACT)

    def charge(self) -> None:
        desk = self.desk
        ref = self._open_invoice()
        charging.charge_invoice(desk.books, desk.gateways, desk.account, ref, None, ACT)

    def void(self) -> None:
        invoicing.void_invoice(self.desk.books, self.desk.account, self._open_invoice(), ACT)

    def give_up(self) -> None:
        invoicing.mark_uncollectible(self.desk.books, self.desk.account, self._open_invoice(), ACT)

    def wait(self) -> None:
        days = self.random.choice([1, 3, 10, 31, 45])
        run_due(self.desk, self.desk.books.now() + timedelta(days=days, hours=5))

    def _open_invoice(self) -> str:
        self.desk.due.catch_up()
        refs = self.desk.due.open_invoices()
        if not refs:
            raise DomainError("nothing_open")
        return self.random.choice(refs)


def _menu(world: World) -> tuple[list[tuple[str, Callable[[], None]]], list[int]]:
    acts: list[tuple[Callable[[], None], int]] = [(world.new_product, 2), (world.wait, 12)]
    if world.products:
        acts.append((world.new_plan, 4))
    acts += [(world.new_customer, 6), (world.change_settings, 1)]
    if world.customers:
        acts += [(world.bill_by_hand, 5), (world.pay_by_hand, 10), (world.charge, 5)]
        acts += [(world.void, 3), (world.give_up, 3), (world.give_back, 10)]
        acts += [(world.found, 1), (world.settle_down, 2), (world.change_card, 1)]
        acts += [(world.move_balance, 5), (world.apply_balance, 6)]
    if world.organizations:
        acts += [(world.join, 3), (world.dissolve, 1)]
    if world.addresses:
        acts.append((world.move, 2))
    if world.plans:
        acts += [(world.reprice, 1), (world.shelve, 2)]
    terms = world.subscribers.acts(world)
    if world.subscriptions:
        terms.append((world.invite, 4))
        terms.append((world.answer, 4 if world.clubs.members else 0))
    terms += [*world.givers.acts(world), *world.meters.acts(world)]
    acts += [(act, often * world.eager) for act, often in terms]
    acts += world.offices.acts(world) + world.shoppers.acts(world)
    acts += banks.acts(world) + erasures.acts(world)
    return [(_name(act), act) for act, _ in acts], [weight for _, weight in acts]


def _name(act: Callable[[], None]) -> str:
    told: str = act.func.__name__ if isinstance(act, partial) else act.__name__
    return told
