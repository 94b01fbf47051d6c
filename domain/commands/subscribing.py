"""A customer takes a plan: the subscription, its first invoice and, by card, its first charge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.application import Group
from domain.commands.act import Done
from domain.commands.charging import Gateways, ask, require_set_up, settle_begun, settle_many
from domain.commands.claims import moved_old_id, old_id_claims
from domain.commands.credit_at_issue import Credits
from domain.commands.gifts import gift_claims, update_gift
from domain.commands.in_bulk import decide_each, record_each
from domain.commands.opening import open_subscription, require_notes_allowed
from domain.commands.payment_methods import method_of
from domain.commands.sales import NewSubscription, agreed, parties_of, require_address, sale_of
from domain.shared.errors import Invalid
from domain.shared.recording import Conditions
from domain.subscriptions.gift import new_code
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.collecting import Case
    from domain.commands.in_bulk import Refused
    from domain.commands.sales import Parties
    from domain.payments.gateway import Outcome


def create_subscription(
    books: Books, gateways: Gateways, account: Account, new: NewSubscription, act: Act
) -> tuple[Done, Outcome | None]:
    """Issues the first invoice and charges it where the card pays by itself.

    A decline leaves the subscription incomplete and the invoice open; it is not an error.
    Raises Invalid for wrong references, Conflict for an archived plan or product.
    """
    sale, code = sale_of(books, account, new), None if new.gift is None else new_code()
    case = open_subscription(books, account, sale, new, books.now(), act.request_key, code)
    if case.subscription is None:
        raise TypeError("a sale opens a subscription")
    ref = case.subscription.ref
    claims = old_id_claims("sub", new.old_provider_id, case.subscription.id)
    claims += gift_claims(books, code, case.subscription.id)
    conditions = {"claims": claims, "guards": sale.guards()}
    if case.payment is None:
        given = act.given(ref, **conditions)
        recorded = books.record(*case.opened(), *sale.told, by=act.by, given=given)
        return Done(ref, recorded), None
    require_set_up(gateways, case.payment)
    opened = [*case.opened(), *sale.told]
    recorded = books.record(*opened, by=act.by, given=act.intent(**conditions))
    outcome = ask(gateways, case.payment)
    done, _ = settle_begun(books, account, case, outcome, act)
    return Done(ref, done.recorded or recorded), outcome


def create_subscriptions(
    books: Books, gateways: Gateways, account: Account, new: Sequence[NewSubscription], act: Act
) -> list[Refused]:
    """The bulk form, for subscriptions that name customer and plan by their old_provider_ids.

    For books with a cache. A charge whose outcome could not be saved is an intent to be resumed.
    """
    at, parties = books.now(), parties_of(books, new)
    credits_ = Credits(books, account, _customers(parties), apart=True)

    def decide(each: NewSubscription) -> tuple[Case, Group]:
        sale = agreed(books, each, *parties.of(each))
        case = open_subscription(books, account, sale, each, at, credits_=credits_)
        claims = old_id_claims("sub", each.old_provider_id, case.opened()[0].id)
        opened = [*case.opened(), *sale.told]
        return case, Group(opened, Conditions(claims, guards=sale.guards()))

    decided, refused = decide_each(new, decide)
    lost = record_each(books, {index: group for index, (_, group) in decided.items()}, act)
    gone = {loss.place for loss in lost}
    begun = [case for index, (case, _) in decided.items() if index not in gone]
    settle_many(books, gateways, account, begun, act)
    return refused + lost


def _customers(parties: Parties) -> Iterator[tuple[str, str]]:
    """With each currency that they may be billed in."""
    currencies = {plan.terms.currency for plan in parties.plans.values()}
    for customer in parties.customers.values():
        yield from ((customer.ref, currency) for currency in currencies)


def update_subscription(
    books: Books,
    account: Account,
    ref: str,
    changes: dict[str, Any],
    act: Act,
    version: int | None = None,
) -> Done:
    """`changes` of payment_method_id, auto_renew, collection_method, invoice_notes,
    purchase_order, shipping_address_id, suspended_until, gift, metadata, old_provider_id."""
    subscription = books.load(Subscription, ref)
    subscription.require_version(version)
    if changes.get("invoice_notes") is not None or changes.get("purchase_order") is not None:
        account.require_native_engine("notes on invoices")
    if changes.get("payment_method_id") is not None:
        method_of(books, changes["payment_method_id"], subscription.customer_id)
    address = changes.get("shipping_address_id")
    require_address(books, address, subscription.customer_id, subscription.recipient_id)
    require_notes_allowed(
        auto_renew=changes.get("auto_renew", subscription.auto_renew),
        invoice_notes=changes.get("invoice_notes"),
        purchase_order=changes.get("purchase_order"),
    )
    fields = dict(changes)
    if "suspended_until" in fields:
        suspend(subscription, fields.pop("suspended_until"), books.now())
    if "gift" in fields:
        update_gift(subscription, fields.pop("gift"))
    moved = moved_old_id(subscription, fields, "sub")
    subscription.update(fields)
    return Done(ref, books.record(subscription, by=act.by, given=act.given(ref, **moved)))


def suspend_subscription(books: Books, ref: str, until: datetime | None, act: Act) -> Done:
    """No shipments until then; None lets them go on."""
    subscription = books.load(Subscription, ref)
    suspend(subscription, until, books.now(), field="until")
    return Done(ref, books.record(subscription, by=act.by, given=act.given(ref)))


def suspend(
    subscription: Subscription, until: datetime | None, at: datetime, field: str = "suspended_until"
) -> None:
    """Raises Invalid for an instant that is not to come; `field` is its name in the request."""
    if until is None:
        subscription.unsuspend(at)
        return
    if until <= at:
        raise Invalid.one(field, "not_in_the_future", "must be later than now")
    subscription.suspend(until, at)
