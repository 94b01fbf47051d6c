"""Gifts: what a donor orders, and the recipient who redeems it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from api.fields import (
    BillingBehavior,
    Body,
    CollectionMethod,
    Email,
    Instant,
    LongText,
    OldId,
    Quantity,
    Ref,
    Text,
    absent,
)
from api.resource_routes import BASE, write
from api.route import Route, Write
from api.writing import Written, of, paid
from domain.commands import booking, gifts
from domain.subscriptions.gift import Gift
from domain.subscriptions.subscription import Subscription
from projections.subscription_resource import SUBSCRIPTIONS
from store.activity import seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.call import Call


class GiftOrder(Body):
    recipient_email: Email
    recipient_first_name: Text | None = None
    recipient_last_name: Text | None = None
    message: LongText | None = None
    start_date: Instant | None = None


class GiftChange(Body):
    """Until it is redeemed. The start is moved by `/reschedule`."""

    recipient_email: Email = absent()
    recipient_first_name: Text | None = None
    recipient_last_name: Text | None = None
    message: LongText | None = None


def _a_customer_or_an_email(schema: dict[str, Any]) -> None:
    """What the validator below refuses, in the words of JSON Schema."""
    ours: dict[str, Any] = {"required": ["customer_id"]}
    theirs = {
        "required": ["customer_old_provider_id"],
        "properties": {"customer_old_provider_id": {"type": "string"}},
    }
    email = {"required": ["email"]}
    schema["anyOf"] = [ours, theirs, email]
    schema["not"] = {"anyOf": [{"allOf": [email, each]} for each in (ours, theirs)]}


class Redemption(Body):
    """`customer_id` of who redeems it, or an `email`: whose it is, or a new customer's."""

    model_config = ConfigDict(json_schema_extra=_a_customer_or_an_email)

    code: Ref
    customer_id: Ref = absent()
    customer_old_provider_id: OldId | None = None
    email: Email = absent()
    first_name: Text | None = None
    last_name: Text | None = None

    @model_validator(mode="after")
    def _a_customer_or_an_email(self) -> Self:
        if ("customer_id" in self.model_fields_set) == ("email" in self.model_fields_set):
            raise PydanticCustomError("required", "either a customer_id or an email")
        return self


class GiftRenewal(Body):
    """A further phase that the donor pays."""

    plan_id: Ref | None = None
    plan_old_provider_id: OldId | None = None
    quantity: Quantity | None = None
    auto_renew: bool | None = None
    collection_method: CollectionMethod | None = None
    payment_method_id: Ref | None = None
    invoice_notes: LongText | None = None
    purchase_order: Text | None = None
    billing_behavior: BillingBehavior | None = None


def ordered(sent: Mapping[str, Any]) -> dict[str, Any]:
    """A new subscription's fields, its gift as the commands take it."""
    fields = dict(sent)
    if fields.get("gift") is not None:
        fields["gift"] = Gift(**fields["gift"])
    return fields


def redeem(call: Call, body: Redemption) -> Written:
    asked = gifts.Redemption(**body.sent())
    done = gifts.redeem_gift(call.books, call.account, asked, call.act)
    recipient = call.books.load(Subscription, done.ref).recipient_id
    if recipient is not None:
        with call.services.connections.connection() as connection:
            seen(connection, call.account_id, [recipient])
    return of(done)


def renew_gift(call: Call, body: GiftRenewal) -> Written:
    new = booking.Renewal(**body.sent())
    gateways = call.gateways
    return paid(booking.renew_gift(call.books, gateways, call.account, call.ref, new, call.act))


ROUTES: tuple[Route, ...] = (
    Write(
        method="POST", path=f"{BASE}/gifts/redeem", handler=redeem, kind=SUBSCRIPTIONS,
        rule="subscriptions:write", summary="Redeem a gift's code: once, and when it is paid",
        body=Redemption,
    ),
    write(
        SUBSCRIPTIONS, "POST", "/{id}/renew_gift", renew_gift, "A donor pays for a further phase",
        GiftRenewal, waits=True,
    ),
)  # fmt: skip
