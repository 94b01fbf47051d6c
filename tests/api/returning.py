"""An invoice of 100.00 and 10.00 tax over a spring of 92 days, and what is done about its money."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from tests.api.telling import send

if TYPE_CHECKING:
    from falcon import testing

    from tests.api.conftest import Client, Shop

KEYS = count()
SPRING = {"period_start": "2026-03-01", "period_end": "2026-06-01"}
LINE = {"description": "Spring", "unit_amount": 10000, "tax_rate": "0.10", **SPRING}
CHECK = {"reference": "check 1", "category": "check"}


def billed(shop: Shop, *lines: dict[str, Any], on: str = "2026-03-01", **fields: Any) -> str:
    """Its id."""
    advance(shop.client, on)
    made: str = shop.invoice(lines=list(lines or [LINE]), **fields)["id"]
    return made


def advance(client: Client, to: str) -> None:
    now = client.get("/test_clock").json["now"]
    if now[:10] < to[:10]:
        client.made("/test_clock/advance", {"to": f"{to[:10]}T00:00:00Z"})


def post(client: Client, path: str, body: dict[str, Any]) -> testing.Result:
    return client.post(path, body, key=f"returning-{next(KEYS)}")


def charge(client: Client, invoice: str) -> None:
    assert post(client, f"/invoices/{invoice}/charge", {}).status_code == 200


def pay(client: Client, invoice: str, amount: int | None = None) -> None:
    body = CHECK if amount is None else {**CHECK, "amount": amount}
    assert post(client, f"/invoices/{invoice}/mark_paid", body).status_code == 200


def refund(client: Client, invoice: str, **asked: Any) -> testing.Result:
    return post(client, f"/invoices/{invoice}/refund", {"reason": "late", **asked})


def credit(client: Client, invoice: str, **asked: Any) -> testing.Result:
    return post(client, f"/invoices/{invoice}/credit_notes", {"reason": "late", **asked})


def shown(client: Client, invoice: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/invoices/{invoice}").json
    return found


def books(client: Client, as_of: str) -> dict[str, int]:
    """The trial balance: debits above zero, credits below."""
    rows = client.get("/reports/trial_balance", params={"as_of": as_of}).json["data"]
    sums = {row["account"]: row["debit"] - row["credit"] for row in rows}
    assert sum(sums.values()) == 0
    return {account: amount for account, amount in sums.items() if amount}


def earned(client: Client, month: str) -> int:
    rows = client.get("/reports/recognized_revenue", params={"as_of": "2026-12-31"}).json["data"]
    return sum(row["recognized_in_period"] for row in rows if row["period"] == month)


def refused(client: Client, answer: testing.Result, status: int, code: str, before: int) -> None:
    """With this code, and nothing was recorded."""
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert client.head == before


def charged_less(client: Client, invoice: str, less: int) -> dict[str, Any]:
    """The payment of a card that asks its customer first: begun while a note took `less` off, told
    as failed, and as paid after all once the note was void."""
    note = credit(client, invoice, amount=less).json["id"]
    assert post(client, f"/invoices/{invoice}/charge", {}).status_code == 202
    waiting = {"invoice_id": invoice, "status": "requires_action"}
    (payment,) = client.get("/payments", params=waiting).json["data"]
    send(client, {"type": "payment.failed", "payment_id": payment["id"]})
    assert post(client, f"/credit_notes/{note}/void", {}).status_code == 200
    send(client, {"type": "payment.succeeded", "payment_id": payment["id"]})
    found: dict[str, Any] = payment
    return found
