"""Every route of the service, in one table: who may use it, what it takes, what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.core import (
    accounts,
    customers,
    events,
    exports,
    invoices,
    plans,
    products,
    reports,
    subscriptions,
    test_clock,
)
from api.fields import Nothing
from api.reading import item, listing
from api.route import Key, Read, Route, Shape, Write
from projections.accounts import ACCOUNTS
from projections.customers import CUSTOMERS
from projections.invoice_resource import INVOICES
from projections.payment_methods import PAYMENT_METHODS
from projections.payments import PAYMENTS
from projections.plans import PLANS
from projections.products import PRODUCTS
from projections.subscription_resource import SUBSCRIPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.fields import Body
    from projections.resource import Resource

BASE = "/core/v1"
LIST = ("limit", "cursor", "sort", "q", "expand")


def _read(kind: Resource[Any], *rest: Route) -> tuple[Route, ...]:
    """The list, the item and the history that every resource has."""
    path, rule = f"{BASE}/{kind.name}", f"{kind.name}:read"
    what = kind.name.replace("_", " ")
    return (
        Read(method="GET", path=path, handler=listing(kind), kind=kind, rule=rule,
             shape=Shape.LIST, parameters=LIST, summary=f"List {what}"),
        Read(method="GET", path=f"{path}/{{id}}", handler=item(kind), kind=kind, rule=rule,
             shape=Shape.ITEM, parameters=("as_of",), summary=f"One of the {what}"),
        Read(method="GET", path=f"{path}/{{id}}/events", handler=events.of(kind), kind="event",
             rule="events:read", shape=Shape.LIST, parameters=("limit", "cursor", "sort"),
             summary=f"What happened to one of the {what}"),
        *rest,
    )  # fmt: skip


def _write(
    kind: Resource[Any],
    method: str,
    path: str,
    handler: Callable[..., Any],
    summary: str,
    body: type[Body] = Nothing,
    **rest: Any,
) -> Write:
    return Write(
        method=method, path=f"{BASE}/{kind.name}{path}", handler=handler, kind=kind,
        rule=rest.pop("rule", f"{kind.name}:write"), summary=summary, body=body, **rest,
    )  # fmt: skip


_PRODUCTS = _read(
    PRODUCTS,
    _write(PRODUCTS, "POST", "", products.create, "Create a product",
           products.ProductCreation, status=201),
    _write(PRODUCTS, "PATCH", "/{id}", products.update, "Change a product", products.ProductChange),
    _write(PRODUCTS, "POST", "/{id}/archive", products.archive, "Archive a product"),
    _write(PRODUCTS, "POST", "/{id}/unarchive", products.unarchive, "Sell a product again"),
    _write(PRODUCTS, "DELETE", "/{id}", products.delete, "Delete a product without active plans",
           deletes=True),
)  # fmt: skip
_PLANS = _read(
    PLANS,
    _write(PLANS, "POST", "", plans.create, "Create a plan", plans.PlanCreation, status=201),
    _write(PLANS, "PATCH", "/{id}", plans.update, "Change a plan", plans.PlanChange),
    _write(PLANS, "POST", "/{id}/archive", plans.archive, "Archive a plan"),
    _write(PLANS, "POST", "/{id}/unarchive", plans.unarchive, "Sell a plan again"),
    _write(PLANS, "DELETE", "/{id}", plans.delete, "Delete a plan", deletes=True),
)
_CUSTOMERS = _read(
    CUSTOMERS,
    _write(CUSTOMERS, "POST", "", customers.create, "Create a customer",
           customers.CustomerCreation, status=201),
    _write(CUSTOMERS, "PATCH", "/{id}", customers.update, "Change a customer",
           customers.CustomerChange),
    Read(method="GET", path=f"{BASE}/customers/{{id}}/payment_methods", handler=customers.cards,
         kind=PAYMENT_METHODS, rule="payment_methods:read", shape=Shape.LIST, parameters=LIST,
         summary="List a customer's payment methods"),
    Write(method="POST", path=f"{BASE}/customers/{{id}}/payment_methods",
          handler=customers.create_card, kind=PAYMENT_METHODS, rule="payment_methods:write",
          body=customers.CardCreation, status=201, summary="Add a card to a customer"),
)  # fmt: skip
_PAYMENT_METHODS = _read(
    PAYMENT_METHODS,
    _write(PAYMENT_METHODS, "POST", "", customers.create_payment_method, "Add a payment method",
           customers.PaymentMethodCreation, status=201),
)  # fmt: skip
_SUBSCRIPTIONS = _read(
    SUBSCRIPTIONS,
    _write(SUBSCRIPTIONS, "POST", "", subscriptions.create, "Begin a subscription",
           subscriptions.SubscriptionCreation, status=201),
    _write(SUBSCRIPTIONS, "PATCH", "/{id}", subscriptions.update, "Change a subscription",
           subscriptions.SubscriptionChange),
    _write(SUBSCRIPTIONS, "POST", "/{id}/cancel", subscriptions.cancel,
           "End a subscription with its term", subscriptions.Cancellation),
)  # fmt: skip
_INVOICES = _read(
    INVOICES,
    _write(INVOICES, "POST", "", invoices.create, "Draft an invoice",
           invoices.InvoiceCreation, status=201),
    _write(INVOICES, "PATCH", "/{id}", invoices.update, "Annotate an invoice",
           invoices.InvoiceChange),
    _write(INVOICES, "POST", "/{id}/issue", invoices.issue, "Issue a draft"),
    _write(INVOICES, "POST", "/{id}/charge", invoices.charge, "Charge what is owed to a card",
           invoices.Charge, key=Key.REQUIRED, pays=True, rule="money:write"),
    _write(INVOICES, "POST", "/{id}/mark_paid", invoices.mark_paid, "Record an offline payment",
           invoices.OfflinePayment, key=Key.REQUIRED, rule="money:write"),
    _write(INVOICES, "POST", "/{id}/void", invoices.void, "Void an invoice",
           invoices.Ending, rule="write_offs:write"),
    _write(INVOICES, "POST", "/{id}/mark_uncollectible", invoices.mark_uncollectible,
           "Give an invoice up", invoices.Ending, rule="write_offs:write"),
)  # fmt: skip
_CLOCK = (
    Read(method="GET", path=f"{BASE}/test_clock", handler=test_clock.show, kind=test_clock.CLOCK,
         rule="test_clock:read", shape=Shape.ITEM, summary="A test account's clock"),
    Write(method="PATCH", path=f"{BASE}/test_clock", handler=test_clock.set_now,
          kind=test_clock.CLOCK, rule="test_clock:write", body=test_clock.ClockSetting,
          summary="Set the clock, before anything happened"),
    Write(method="POST", path=f"{BASE}/test_clock/advance", handler=test_clock.advance,
          kind=test_clock.CLOCK, rule="test_clock:write", body=test_clock.Advance,
          summary="Run everything that falls due up to an instant"),
)  # fmt: skip
_LOG = (
    Read(method="GET", path=f"{BASE}/events", handler=events.listing, kind="event",
         rule="events:read", shape=Shape.LIST, summary="The log",
         parameters=("limit", "cursor", "sort", "subject", "type", "actor", "position",
                     "recorded_at[gte]", "recorded_at[lt]", "position[gt]")),
    Read(method="GET", path=f"{BASE}/events/{{id}}", handler=events.show, kind="event",
         rule="events:read", shape=Shape.ITEM, summary="One event"),
)  # fmt: skip
_ACCOUNT = (
    Read(method="GET", path=f"{BASE}/account", handler=accounts.show, kind=ACCOUNTS,
         rule="account:read", shape=Shape.ITEM, summary="The key's account"),
)  # fmt: skip
_REPORTS = (
    Read(method="GET", path=f"{BASE}/reports/{{name}}", handler=reports.show, kind="report",
         rule="reports:read", shape=Shape.REPORT, parameters=reports.PARAMETERS,
         summary="A report"),
    Read(method="GET", path=f"{BASE}/exports/{{name}}.csv", handler=exports.as_csv, kind="export",
         rule="exports:read", shape=Shape.FILE, parameters=("format",),
         summary="A list or a report as CSV"),
    Read(method="GET", path=f"{BASE}/exports/{{name}}.xlsx", handler=exports.as_xlsx, kind="export",
         rule="exports:read", shape=Shape.FILE, summary="A list or a report as a workbook"),
)  # fmt: skip

ROUTES: tuple[Route, ...] = (
    *_ACCOUNT,
    *_PRODUCTS,
    *_PLANS,
    *_CUSTOMERS,
    *_PAYMENT_METHODS,
    *_SUBSCRIPTIONS,
    *_INVOICES,
    *_read(PAYMENTS),
    *_CLOCK,
    *_LOG,
    *_REPORTS,
)
