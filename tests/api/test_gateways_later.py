"""What a gateway tells later than its answer: looked up, and believed as far as that."""

from __future__ import annotations

import pytest

from tests.api.gateways_asked import only, shop_with, tell
from tests.api.returning import books, credit


def test_a_refused_look_up_fails_no_payment_that_was_made(with_all, stripe_standin):
    _, invoice = shop_with(with_all, "stripe", "pm_card_visa")
    stripe_standin.fail("/v1/payment_intents", "after")
    with_all.post(f"/invoices/{invoice}/charge", {}, key="k")
    payment = only(with_all, "/payments")
    (intent,) = [
        e for e in stripe_standin.kept() if payment["id"] in e["metadata"].values()
    ]  # fmt: skip
    missing = '{"error":{"type":"invalid_request_error","code":"resource_missing"}}'
    stripe_standin.say("/v1/payment_intents", 400, missing, method="GET")
    tell(with_all, "payment_intent.succeeded", intent)
    assert only(with_all, "/payments")["status"] == "started"
    tell(with_all, "payment_intent.succeeded", intent)
    assert only(with_all, "/payments")["status"] == "succeeded"
    assert stripe_standin.charges(payment["id"]) == 1


@pytest.mark.parametrize("to", ["refund", "credit_note"])
def test_a_refund_that_came_back_falls_where_a_refused_one_does(with_all, stripe_standin, to):
    """However often it is told, and in any order."""
    shop, invoice = shop_with(with_all, "stripe", "pm_card_visa")
    paid = with_all.post(f"/invoices/{invoice}/charge", {}, key="k").json
    if to == "refund":
        body = {"to": "card", "reason": "sorry"}
        assert with_all.post(f"/invoices/{invoice}/refund", body, key="r").status_code < 300
    else:
        card = [{"to": "card", "amount": paid["total"]}]
        made = credit(with_all, invoice, amount=paid["total"], allocations=card)
        assert made.status_code < 300, made.text
    done = only(with_all, "/refunds")
    assert (done["status"], done["amount"]) == ("succeeded", paid["total"])
    (theirs,) = [e for e in stripe_standin.kept() if e["id"] == done["gateway_reference"]]
    for kind in ("refund.updated", "charge.refund.updated"):
        tell(with_all, kind, theirs)
    assert only(with_all, "/refunds")["version"] == done["version"]

    stripe_standin.change(theirs["id"], status="failed", failure_reason="lost_or_stolen_card")
    for kind in ("refund.failed", "refund.updated", "refund.failed"):
        tell(with_all, kind, theirs)
    assert books(with_all, "2026-12-31").get("cash_online", 0) == paid["total"]
    failed = only(with_all, "/refunds")
    assert (failed["status"], failed["failure_code"]) == ("failed", "lost_or_stolen_card")
    assert failed["version"] == done["version"] + 1
    customer = with_all.get(f"/customers/{shop.customer['id']}").json
    if to == "refund":
        assert customer["balances"] == {}
        again = {"to": "balance", "reason": "sorry"}
        assert with_all.post(f"/invoices/{invoice}/refund", again, key="b").status_code < 300
        customer = with_all.get(f"/customers/{shop.customer['id']}").json
    assert customer["balances"] == {"USD": paid["total"]}


def test_a_dispute_of_a_payment_not_known_to_be_made_is_looked_up_first(with_all, stripe_standin):
    _, invoice = shop_with(with_all, "stripe", "pm_card_visa")
    stripe_standin.fail("/v1/payment_intents", "after")
    assert with_all.post(f"/invoices/{invoice}/charge", {}, key="k").json["status"] == "processing"
    payment = only(with_all, "/payments")
    (intent,) = [e for e in stripe_standin.kept() if payment["id"] in e["metadata"].values()]
    made = stripe_standin.dispute(
        id=f"dp_{payment['id']}", payment_intent=intent["id"], status="needs_response", amount=1000
    )
    for _ in range(2):
        tell(with_all, "charge.dispute.created", made)
    assert only(with_all, "/payments")["status"] == "succeeded"
    dispute = only(with_all, "/disputes")
    assert (dispute["payment_id"], dispute["amount"]) == (payment["id"], 1000)


def alerts(client):
    return client.get(
        "/alerts", params={"kind": "refund_not_recorded"},
        headers={"Ledger-Position": str(client.head)},
    ).json["data"]  # fmt: skip


def test_a_refund_made_at_the_gateway_is_an_alert_until_it_is_recorded(with_all, stripe_standin):
    """However often it is told; ours are none."""
    _, invoice = shop_with(with_all, "stripe", "pm_card_visa")
    with_all.post(f"/invoices/{invoice}/charge", {}, key="k")
    paid = only(with_all, "/payments")
    ours = {"to": "card", "amount": 500, "reason": "sorry"}
    assert with_all.post(f"/invoices/{invoice}/refund", ours, key="r").status_code < 300
    charge = {"object": "charge", "payment_intent": paid["gateway_reference"]}
    tell(with_all, "charge.refunded", charge)
    assert alerts(with_all) == []
    theirs = stripe_standin.post(
        "/v1/refunds", {"payment_intent": paid["gateway_reference"], "amount": "900"}
    )
    at = with_all.head
    for kind, about in (
        ("refund.created", theirs), ("charge.refunded", charge), ("refund.updated", theirs),
    ):  # fmt: skip
        tell(with_all, kind, about)
    assert with_all.head == at + 1
    (alert,) = alerts(with_all)
    assert (alert["subject"], alert["severity"]) == (paid["id"], "warning")
    assert alert["detail"].startswith("9.00 USD was given back at stripe")
    recorded = {"to": "offline", "amount": 900, "reason": "given back in the dashboard"}
    answer = with_all.post(f"/invoices/{invoice}/refund", recorded, key="o")
    assert answer.status_code < 300, answer.text
    assert alerts(with_all) == []


def test_a_refund_at_the_gateway_that_came_back_is_no_alert(with_all, stripe_standin):
    _, invoice = shop_with(with_all, "stripe", "pm_card_visa")
    with_all.post(f"/invoices/{invoice}/charge", {}, key="k")
    paid = only(with_all, "/payments")
    theirs = stripe_standin.post(
        "/v1/refunds", {"payment_intent": paid["gateway_reference"], "amount": "700"}
    )
    tell(with_all, "refund.created", theirs)
    assert len(alerts(with_all)) == 1
    stripe_standin.change(theirs["id"], status="failed")
    tell(with_all, "refund.failed", theirs)
    assert alerts(with_all) == []
