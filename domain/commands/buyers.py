"""Who pays for many subscriptions and with which card, loaded at once for bulk work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.commands.credit_at_issue import Credits
from domain.customers.customer import Customer
from domain.customers.payment_method import PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.payments.balance import Balance
    from domain.subscriptions.phases import Booked
    from domain.subscriptions.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Buyers:
    customers: Mapping[str, Customer]
    methods: Mapping[str, PaymentMethod]
    """What may be charged: nothing that was deleted."""
    credits: Credits

    def method(
        self, subscription: Subscription, term: Booked | None = None
    ) -> PaymentMethod | None:
        """The card agreed for the term, else the customer's default, if there is any."""
        own = (subscription if term is None else term).payment_method_id
        default = self.customers[subscription.customer_id].default_payment_method_id
        return self.methods.get(own or "") or self.methods.get(default or "")

    def credit(self, subscription: Subscription) -> Balance | None:
        """What pays first where the account says so."""
        return self.credits.of(subscription.customer_id, subscription.phase.terms.currency)


def buyers_of(books: Books, account: Account, subscriptions: Sequence[Subscription]) -> Buyers:
    refs = {subscription.customer_id for subscription in subscriptions}
    customers = {customer.ref: customer for customer in books.load_many(Customer, refs).values()}
    wanted = {
        card
        for subscription in subscriptions
        for own in _automatic(subscription)
        for card in (own, customers[subscription.customer_id].default_payment_method_id)
    }
    loaded = books.load_many(PaymentMethod, sorted(ref for ref in wanted if ref))
    methods = {method.ref: method for method in loaded.values() if not method.deleted}
    held = ((each.customer_id, each.phase.terms.currency) for each in subscriptions)
    return Buyers(customers, methods, Credits(books, account, held))


def _automatic(subscription: Subscription) -> Iterator[str | None]:
    """The cards named for what is charged now or next."""
    terms: list[Subscription | Booked] = [subscription, *subscription.upcoming[:1]]
    for term in terms:
        if term.collection_method == "charge_automatically":
            yield term.payment_method_id
