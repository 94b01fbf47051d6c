"""Where another system bills: what only this one could do is refused, by one code, by every way."""

from __future__ import annotations

import pytest

from tests.api.conftest import PLAN, open_client
from tests.api.test_members import open_club

FEB, FAR = "2026-02-01", "2030-01-01"
BY_PAYMENT = {"revenue_recognition_strategy": "invoice_payment"}


class Engine:
    """An account with one of everything, whose billing then moved elsewhere."""

    def __init__(self, client):
        self.client = client
        club = open_club(client)
        shop, self.shop, self.club = club.shop, club.shop, club.path
        self.waiting = f"/subscriptions/{shop.subscribe(start_date=FAR).json['id']}"
        product = client.made("/products", {"name": "Guild", **BY_PAYMENT})["id"]
        self.guild = client.made("/plans", {**PLAN, "product_id": product})["id"]
        dear = {**PLAN, "product_id": product, "name": "Dear", "amount": 5000}
        self.dear = client.made("/plans", dear)["id"]
        self.paid = f"/subscriptions/{shop.subscribe(plan_id=self.guild).json['id']}"
        self.invoice = f"/invoices/{shop.invoice()['id']}"
        self.draft = f"/invoices/{shop.invoice(issued=False, lines=[self.line(product)])['id']}"
        client.made(f"{club.path}/cancel", {"mode": "period_end"})
        client.made("/test_clock/advance", {"to": "2026-01-31"})
        client.made("/test_clock/advance", {"to": FEB})
        self.manual = f"/subscriptions/{shop.subscribe(auto_renew=False).json['id']}"
        assert client.patch("/account", {"billing_engine": "external"}).status_code == 200

    @staticmethod
    def line(product):
        return {"description": "Dues", "unit_amount": 1500, "product_id": product}


@pytest.fixture(scope="module")
def engine(app, services):
    return Engine(open_client(app, services))


REFUSED = {
    "a start to come": lambda it: it.shop.subscribe(start_date=FAR),
    "when a start is billed": lambda it: it.shop.subscribe(billing_behavior="bill_immediately"),
    "another start": lambda it: it.client.post(f"{it.waiting}/reschedule", {"start_date": FAR}),
    "a restart": lambda it: it.client.post(f"{it.club}/restart", {}),
    "credit applied": lambda it: it.client.post(f"{it.invoice}/apply_balance", {}, key="a"),
    "notes at the beginning": lambda it: it.shop.subscribe(auto_renew=False, invoice_notes="N"),
    "an order at the beginning": lambda it: it.shop.subscribe(auto_renew=False, purchase_order="P"),
    "notes of a phase": lambda it: it.client.post(f"{it.manual}/renew", {"invoice_notes": "N"}),
    "an order of a phase": lambda it: it.client.post(f"{it.manual}/renew", {"purchase_order": "P"}),
    "notes later": lambda it: it.client.patch(it.manual, {"invoice_notes": "N"}),
    "an order later": lambda it: it.client.patch(it.manual, {"purchase_order": "P"}),
    "notes on an invoice": lambda it: it.client.patch(it.invoice, {"notes": "N"}),
    "an order on an invoice": lambda it: it.client.patch(it.invoice, {"purchase_order": "P"}),
    "a product by payment": lambda it: it.client.post("/products", {"name": "G", **BY_PAYMENT}),
    "by payment later": lambda it: it.client.patch(
        f"/products/{it.shop.product['id']}", BY_PAYMENT
    ),
    "a plan by payment": lambda it: it.shop.subscribe(plan_id=it.guild),
    "another plan by payment": lambda it: it.client.post(
        f"{it.paid}/change_plan", {"plan_id": it.dear}
    ),
    "its preview": lambda it: it.client.post(f"{it.paid}/preview", {"plan_id": it.dear}),
    "a phase by payment": lambda it: it.client.post(f"{it.manual}/renew", {"plan_id": it.guild}),
    "an invoice by payment": lambda it: it.client.post(f"{it.draft}/issue"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_another_system_bills_is_not_done_here(engine, what):
    head = engine.client.head
    answer = REFUSED[what](engine)
    assert (answer.status_code, answer.json["code"]) == (403, "billing_engine_required")
    assert engine.client.head == head


DONE = {
    "a subscription": lambda it: it.shop.subscribe(),
    "one that runs already": lambda it: it.shop.subscribe(
        next_invoice_date=FAR, current_period_end=FAR
    ),
    "a phase": lambda it: it.client.post(f"{it.manual}/renew", {}),
    "an invoice paid by hand": lambda it: it.client.post(
        f"{it.invoice}/mark_paid", {"reference": "1", "category": "check"}, key="paid"
    ),
    "notes taken away": lambda it: it.client.patch(it.invoice, {"notes": None}),
    "an end": lambda it: it.client.post(f"{it.manual}/cancel", {"mode": "now"}),
    "a start called off": lambda it: it.client.post(f"{it.waiting}/cancel", {"mode": "now"}),
}


@pytest.mark.parametrize("what", DONE)
def test_the_rest_works(engine, what):
    answer = DONE[what](engine)
    assert answer.status_code in {200, 201}, answer.text
