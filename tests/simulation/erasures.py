"""Customers who ask to be forgotten, some of them with their invoices."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from domain.commands import erasing
from domain.commands.act import Act
from domain.customers.address import Address
from domain.customers.customer import Customer
from domain.shared.personal import ERASED
from domain.shared.recording import Context
from domain.subscriptions.states import ENDED
from domain.subscriptions.subscription import Subscription
from projections.belongings import belongings_of
from store.factory import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from domain.application import Books
    from store.connections import Connections
    from tests.simulation.world import World

_ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))


def acts(world: World) -> list[tuple[Callable[[], None], int]]:
    """Each with how likely it is."""

    def erase() -> None:
        books, ref = world.desk.books, world.random.choice(world.customers)
        store = books.factory
        if not isinstance(store, PostgresStore):
            raise TypeError("simulated on something else than the store")
        find = partial(belongings_of, store.connections, books.account_id)
        asked = erasing.Asked(ref, find, invoices=world.random.random() < 0.3)
        erasing.erase_customer(books, world.desk.gateways, world.desk.account, asked, _ACT)

    return [(erase, 2)] if world.customers else []


def breaches(world: World, connections: Connections) -> Iterator[str]:
    """Who was erased is nobody, and has nothing that runs."""
    books = world.desk.books
    customers = books.load_many(Customer, world.customers).values()
    for customer in (each for each in customers if each.erased_at is not None):
        if customer.email is not None or customer.first_name is not None:
            yield f"{customer.ref} was erased, and is somebody"
        theirs = belongings_of(connections, books.account_id, customer.ref, None)
        yield from _living(books, customer.ref, theirs)


def _living(books: Books, ref: str, theirs: erasing.Belongings) -> Iterator[str]:
    for address in books.load_many(Address, theirs.addresses).values():
        if not address.deleted or address.line1 != ERASED:
            yield f"{ref} was erased, and lives somewhere"
    for subscription in books.load_many(Subscription, theirs.subscriptions).values():
        if subscription.status not in ENDED:
            yield f"{ref} was erased, and {subscription.ref} is {subscription.status}"
    if theirs.payment_methods:
        yield f"{ref} was erased, and pays with {theirs.payment_methods}"
