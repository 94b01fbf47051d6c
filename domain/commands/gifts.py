"""A gift reaches its recipient: its code is redeemed, once, and its term begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from domain.commands.act import Done
from domain.commands.claims import email_digest
from domain.commands.customers import NewCustomer, new_customer
from domain.commands.linking import found_members, record_found
from domain.commands.moving import redeemed_lines
from domain.customers.customer import Customer
from domain.invoicing.invoice import Invoice
from domain.shared.errors import ClaimTaken, ConcurrentChange, Conflict, Invalid, NotFound
from domain.shared.period import accounting_date
from domain.shared.recording import Claim
from domain.subscriptions.gift import code_digest
from domain.subscriptions.phases import first_phase
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.subscriptions.gift import Gift

_CODES = "subscription.gift_code"
"""The kind of claim a gift holds on the fingerprint of its code, for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """Who redeems: a customer there is, or the one of an e-mail, who may be new."""

    code: str
    customer_id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


def gift_claims(books: Books, code: str | None, owner: UUID) -> list[Claim]:
    return [] if code is None else [Claim(_CODES, _digest(books, code), owner)]


def redeem_gift(books: Books, account: Account, asked: Redemption, act: Act) -> Done:
    """Of two at once only one gets it: both write the same subscription.

    Raises NotFound `gift_code_unknown`, Conflict `gift_not_paid`, `gift_already_redeemed` or
    `gift_not_redeemable`.
    """
    subscription, at = _gift_of(books, asked.code), books.now()
    invoice = _paid_invoice(books, subscription)
    recipient, claims = _recipient(books, asked, subscription)
    gift: Any = subscription.gift
    start = max(at, gift.start_date or at)
    old = subscription.phase
    phase = first_phase(old.id, start, subscription.timezone, old.terms, trial_days=0)
    subscription.redeem(recipient.ref, phase, at)
    if start <= at:
        subscription.activate(at)
    lines = redeemed_lines(invoice.lines, phase, subscription.timezone)
    invoice.move_service(lines, at=at, on=accounting_date(at, account.timezone))
    joined = [recipient] if recipient.pending_events else []
    given = act.given(subscription.ref, claims=claims)
    changed = [*joined, subscription, invoice]
    found = found_members(books, joined)
    try:
        return Done(subscription.ref, record_found(books, changed, found, act.by, given))
    except ClaimTaken as known:
        raise ConcurrentChange(detail="the newcomer was made a customer meanwhile") from known


def update_gift(subscription: Subscription, changes: Mapping[str, Any]) -> None:
    """`changes` of whom it is for and the message. Raises Conflict, Invalid."""
    if subscription.gift is None:
        raise Conflict("not_a_gift", "it was not bought as a gift")
    if "recipient_email" in changes and changes["recipient_email"] is None:
        raise Invalid.one("gift.recipient_email", "required", "a gift is for somebody")
    subscription.update_gift(replace(subscription.gift, **changes))


def _gift_of(books: Books, code: str) -> Subscription:
    owner = books.owner_of(_CODES, _digest(books, code))
    if owner is None:
        raise NotFound("gift_code_unknown", "there is no gift of this code")
    subscription = books.load(Subscription, owner)
    subscription.require_redeemable()
    return subscription


def _paid_invoice(books: Books, subscription: Subscription) -> Invoice:
    """Raises Conflict `gift_not_paid` for one whose money went back meanwhile."""
    invoice = books.load(Invoice, subscription.latest_invoice_id or "")
    if invoice.total > 0 and not invoice.refundable:
        raise Conflict("gift_not_paid", "what was paid for it was given back")
    return invoice


def _recipient(
    books: Books, asked: Redemption, subscription: Subscription
) -> tuple[Customer, list[Claim]]:
    if asked.customer_id is not None:
        known = books.load(Customer, asked.customer_id, field="customer_id")
        known.require_not_erased()
        return known, []
    email = asked.email or ""
    owner = books.owner_of("email", email_digest(books, email))
    if owner is not None:
        return books.load(Customer, owner), []
    return new_customer(books, _newcomer(asked, email, subscription.gift))


def _newcomer(asked: Redemption, email: str, gift: Gift | None) -> NewCustomer:
    """With the donor's words for whom the gift was for, where they say nothing themselves."""
    meant = gift is not None and gift.recipient_email.casefold() == email.casefold()
    said = gift if meant and not (asked.first_name or asked.last_name) else None
    return NewCustomer(
        email=email,
        first_name=asked.first_name if said is None else said.recipient_first_name,
        last_name=asked.last_name if said is None else said.recipient_last_name,
    )


def _digest(books: Books, code: str) -> str:
    return code_digest(books.account_id.bytes, code)
