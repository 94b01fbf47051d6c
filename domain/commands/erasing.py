"""A customer is erased: what runs is ended, what they have goes, keys to the rest are destroyed.

The books stay as they are: documents, money and everything that was posted name the customer by id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.commands.act import Act, Done
from domain.commands.addresses import default_claims
from domain.commands.claims import email_claim, old_id_claims
from domain.commands.ending import RefundAsked, cancel_now
from domain.commands.ending_with_term import cancel_at_period_end
from domain.commands.memberships import seat_claim
from domain.customers.address import Address
from domain.customers.customer import Customer
from domain.customers.payment_method import PaymentMethod
from domain.invoicing.invoice import Invoice
from domain.shared.errors import Conflict
from domain.shared.identifiers import uuid_of
from domain.shared.personal import PARTY, PROFILE, key_name
from domain.shared.recording import Erasure
from domain.subscriptions.member import Member
from domain.subscriptions.member import Status as Membership
from domain.subscriptions.seats import Seats
from domain.subscriptions.states import Status
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.charging import Gateways
    from domain.shared.aggregate import Aggregate
    from domain.shared.recording import Claim

REASON = "customer erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """By typed ids. `subscriptions` are those that the customer has, and that have not ended;
    `given` those that somebody else has, or may redeem, at the customer's expense.

    `charges` are under way. `papers` are what documents were sent of.
    """

    addresses: Sequence[str] = ()
    payment_methods: Sequence[str] = ()
    members: Sequence[str] = ()
    gifts: Sequence[str] = ()
    subscriptions: Sequence[str] = ()
    given: Sequence[str] = ()
    unsettled: Sequence[str] = ()
    charges: Sequence[str] = ()
    papers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """`find` gives what is a customer's, by the customer's id and e-mail. `invoices`: whom their
    documents were written to goes too."""

    ref: str
    find: Callable[[str, str | None], Belongings]
    invoices: bool = False


def erase_customer(
    books: Books, gateways: Gateways, account: Account, asked: Asked, act: Act
) -> Done:
    """Whatever came in between is erased when it is asked again, and else nothing happens then.

    Raises Conflict `payment_in_progress`, or `customer_has_open_invoices` where the invoices go.
    """
    customer = books.load(Customer, asked.ref)
    theirs = _settled(books, customer, asked)
    silent = replace(act, key=None)
    for ref in theirs.subscriptions:
        cancel_now(books, gateways, account, ref, REASON, RefundAsked(override_gift=True), silent)
    for ref in theirs.given:
        _let_run_out(books, gateways, account, ref, silent)
    if theirs.subscriptions:  # their last usage may have been billed
        theirs = _settled(books, customer, asked)
    return _erased(books, customer, theirs, asked, act)


def _settled(books: Books, customer: Customer, asked: Asked) -> Belongings:
    """What is theirs, with no money of it on its way."""
    theirs = asked.find(customer.ref, customer.email)
    running = books.load_many(Subscription, theirs.subscriptions).values()
    billed = {ref for each in running for ref in each.invoices}
    unsettled = books.load_many(Invoice, sorted({*theirs.unsettled, *billed}))
    if theirs.charges or any(invoice.open_payment_id for invoice in unsettled.values()):
        raise Conflict("payment_in_progress", "a charge is under way: its outcome comes first")
    if asked.invoices and theirs.unsettled:
        detail = f"not paid, void or given up: {', '.join(theirs.unsettled)}"
        raise Conflict("customer_has_open_invoices", detail)
    return theirs


def _let_run_out(books: Books, gateways: Gateways, account: Account, ref: str, act: Act) -> None:
    """A gift that was paid is its recipient's until its end; nobody pays for more of it."""
    subscription = books.load(Subscription, ref)
    if subscription.cancelable:
        cancel_at_period_end(books, gateways, account, ref, REASON, act)
    elif subscription.status is Status.SCHEDULED and subscription.auto_renew:
        subscription.update({"auto_renew": False})
        books.record(subscription, by=act.by)


def _erased(books: Books, customer: Customer, theirs: Belongings, asked: Asked, act: Act) -> Done:
    at = books.now()
    releases = _claims(books, customer)
    customer.erase(at, invoices=asked.invoices)
    gone = [*_gone(books, theirs, releases), *_left(books, theirs, releases)]
    given = act.given(
        customer.ref, releases=releases, erases=_erasure(customer, theirs, invoices=asked.invoices)
    )
    return Done(customer.ref, books.record(*gone, customer, by=act.by, given=given))


def _erasure(customer: Customer, theirs: Belongings, *, invoices: bool) -> Erasure:
    """Who was erased with the invoices before stays so."""
    party = [key_name(customer.ref, PARTY)]
    profiles = [key_name(ref, PROFILE) for ref in (customer.ref, *theirs.members, *theirs.gifts)]
    if invoices:
        return Erasure(customer.ref, [*profiles, *party], papers_of=theirs.papers)
    return Erasure(customer.ref, profiles, withdrawn=party)


def _claims(books: Books, customer: Customer) -> list[Claim]:
    """The e-mail is free for another; the other system's id goes on naming the record."""
    return [] if customer.email is None else [email_claim(books, customer.email, customer.id)]


def _gone(books: Books, theirs: Belongings, releases: list[Claim]) -> list[Aggregate]:
    """Addresses, cards, and for whom gifts were."""
    addresses = books.load_many(Address, theirs.addresses).values()
    methods = books.load_many(PaymentMethod, theirs.payment_methods).values()
    gifts = books.load_many(Subscription, theirs.gifts).values()
    for address in addresses:
        if not address.deleted:
            releases += default_claims(address)
            releases += old_id_claims("adr", address.old_provider_id, address.id)
        address.erase()
    for method in methods:
        method.delete()
    for gift in gifts:
        gift.erase_gift()
    return [each for each in (*addresses, *methods, *gifts) if each.pending_events]


def _left(books: Books, theirs: Belongings, releases: list[Claim]) -> list[Aggregate]:
    """Memberships, of whomever they are; their seats are free."""
    members, at = books.load_many(Member, theirs.members).values(), books.now()
    seats: dict[str, Seats] = {}
    for member in members:
        if member.status is not Membership.REMOVED:
            releases.append(seat_claim(books, member))
            of = member.subscription_id
            seats[of] = seats.get(of) or books.load(Seats, Seats.id_for(uuid_of(of)))
            seats[of].free(active=member.status is Membership.ACTIVE)
            member.remove(at)
        member.erase()
    return [each for each in (*members, *seats.values()) if each.pending_events]
