"""Refunds to cards whose gateway does not answer, or says no."""

from __future__ import annotations

from tests.api.conftest import open_shop


def refunded(client, token, key="refund"):
    shop = open_shop(client, token)
    invoice = shop.invoice()
    client.post(f"/invoices/{invoice['id']}/charge", {}, key="charge")
    body = {"to": "card", "reason": "sorry"}
    return client.post(f"/invoices/{invoice['id']}/refund", body, key=key), invoice


def refund(client):
    (only,) = client.get("/refunds", headers={"Ledger-Position": str(client.head)}).json["data"]
    return only


def test_a_refund_whose_answer_is_lost_is_looked_up_and_paid_once(client):
    answer, invoice = refunded(client, "tok_refundTimeout")
    assert (answer.status_code, answer.json["status"]) == (202, "processing")
    assert refund(client)["status"] == "pending"
    client.made("/test_clock/advance", {"to": "2026-01-01T00:01:00Z"})
    assert refund(client)["status"] == "succeeded"
    again = client.post(
        f"/invoices/{invoice['id']}/refund", {"to": "card", "reason": "sorry"}, key="refund"
    )
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(client.get("/refunds").json["data"]) == 1


def test_a_refund_that_the_gateway_refuses_can_be_given_in_another_way(client):
    _, invoice = refunded(client, "tok_refundFails")
    assert refund(client)["status"] == "failed"
    other = {"to": "balance", "reason": "sorry"}
    assert client.post(f"/invoices/{invoice['id']}/refund", other, key="b").status_code < 300
    customer = client.get(f"/customers/{invoice['customer_id']}").json
    assert customer["balances"] == {"USD": invoice["total"]}
