"""Customers' credit: what moved it, and what moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from api import views
from api.fields import Amount, Body, Currency, Ref, Required, SignedAmount, Text
from api.query import allow
from api.resource_routes import BASE, LIST, reads
from api.route import Key, Read, Route, Shape, Write
from api.views import Listed
from api.writing import Written, of, paid
from domain.commands import balances, paying_back
from domain.shared.errors import Gathered, NotFound
from projections.balances import BALANCE_TRANSACTIONS, TRANSACTIONS
from projections.customers import CUSTOMERS
from projections.event_log import events_at, page_of_events
from projections.groups import RESOURCES
from projections.payments import PAYMENTS
from projections.reading import reading
from projections.refunds import REFUNDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.call import Call
    from projections.resource import Resource

_OF_HISTORY = ("limit", "cursor", "sort")


class BalanceCharge(Body):
    payment_method_id: Ref | None = None
    amount: Amount
    currency: Currency
    description: Text | None = None


class BalanceAdjustment(Body):
    """`amount` above zero gives credit, below zero takes it."""

    amount: SignedAmount
    currency: Currency
    reason: Required


class BalanceRefund(Body):
    """`card`: to the cards that were charged into the balance, as far as they brought it."""

    amount: Amount
    currency: Currency
    to: Literal["card", "offline"]
    reason: Required


class OfflineMoney(Body):
    amount: Amount
    currency: Currency
    reference: Required
    category: Literal["check", "wire", "transfer", "cash", "external"]


def charge(call: Call, body: BalanceCharge) -> Written:
    customer, new = _customer(call), balances.Charged(**body.sent())
    gateways = call.gateways
    result = balances.charge_into_balance(
        call.books, gateways, call.account, customer, new, call.act
    )
    return paid(result)


def adjust(call: Call, body: BalanceAdjustment) -> Written:
    done = balances.adjust_balance(
        call.books, call.account, _customer(call), body.amount, body.currency, body.reason, call.act
    )
    return of(done)


def pay_in(call: Call, body: OfflineMoney) -> Written:
    new = balances.PaidIn(**body.sent())
    return of(balances.pay_into_balance(call.books, call.account, _customer(call), new, call.act))


def refund(call: Call, body: BalanceRefund) -> Written:
    asked, customer = paying_back.PaidBack(**body.sent()), _customer(call)
    result = paying_back.refund_balance(
        call.books, call.gateways, call.account, customer, asked, call.act
    )
    return paid(result)


def of_customer(call: Call) -> Listed:
    """Raises NotFound for a customer that is not there."""
    views.one(call, CUSTOMERS, call.ref)
    return views.page(call, BALANCE_TRANSACTIONS, call.query, always={"customer_id": call.ref})


def history(call: Call) -> Listed:
    """The one event that a transaction is, told of the customer's balance. Raises NotFound."""
    views.require_ref(BALANCE_TRANSACTIONS, call.ref)
    with reading(call.services.connections, call.account_id, RESOURCES) as now:
        row = TRANSACTIONS.load(now, [call.ref]).get(call.ref)
        if row is None:
            raise NotFound(detail=f"there is no balance transaction {call.ref}")
        told = events_at(now, row.balance_id, row.created_at)
        at = [each["position"] for each in told if each["data"].get("transaction_id") == call.ref]
        wrong = Gathered()
        with wrong.noting():
            allow(call.query, *_OF_HISTORY)
        with wrong.noting():
            asked = {name: call.query[name] for name in _OF_HISTORY if name in call.query}
            only = {"subject": row.balance_id, "position": str(at[0])}
            mine = page_of_events(now, {**asked, **only}, call.account.timezone)
        wrong.require_none()
        return Listed(mine.data, mine.next_cursor, now.head, now.head)


def _customer(call: Call) -> str:
    views.require_ref(CUSTOMERS, call.ref)
    return call.ref


def _moves(
    path: str,
    handler: Callable[..., Any],
    kind: Resource[Any],
    body: type[Body],
    summary: str,
    **rest: Any,
) -> Write:
    return Write(
        method="POST",
        path=f"{BASE}/customers/{{id}}/{path}",
        handler=handler,
        kind=kind,
        rule="money:write",
        key=Key.REQUIRED,
        body=body,
        summary=summary,
        **rest,
    )


ROUTES: tuple[Route, ...] = (
    *reads(BALANCE_TRANSACTIONS, history=history),
    Read(
        method="GET",
        path=f"{BASE}/customers/{{id}}/balance_transactions",
        handler=of_customer,
        kind=BALANCE_TRANSACTIONS,
        rule="balance_transactions:read",
        shape=Shape.LIST,
        parameters=LIST,
        summary="List what moved a customer's balances",
    ),
    _moves(
        "balance/charge",
        charge,
        PAYMENTS,
        BalanceCharge,
        "Charge a card into a customer's balance",
        pays=True,
    ),
    _moves(
        "balance/adjust",
        adjust,
        BALANCE_TRANSACTIONS,
        BalanceAdjustment,
        "Give a customer credit, or take it back",
    ),
    _moves(
        "balance/refund",
        refund,
        REFUNDS,
        BalanceRefund,
        "Give a customer's credit back as money",
        pays=True,
    ),
    _moves(
        "offline_payments",
        pay_in,
        PAYMENTS,
        OfflineMoney,
        "Record money that came without an invoice",
        status=201,
    ),
)
