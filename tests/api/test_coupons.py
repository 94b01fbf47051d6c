"""Coupons over HTTP: made, withdrawn, redeemed once, counted term by term, right to the cent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

HALF = {"code": "HALF", "percent": 50}


def coupon(client, **fields):
    return client.made("/coupons", {**HALF, **fields})


def invoices(shop):
    return shop.client.get("/invoices", params={"sort": "created_at"}).json["data"]


def renewed(shop, until):
    shop.client.made("/test_clock/advance", {"to": f"{until}T00:00:00Z"})
    return [(each["discount_total"], each["total"]) for each in invoices(shop)]


def trial(shop, as_of):
    rows = shop.client.get("/reports/trial_balance", params={"as_of": as_of}).json["data"]
    sums = {row["account"]: row["debit"] - row["credit"] for row in rows}
    assert sum(sums.values()) == 0
    return sums


def test_a_coupon_is_made_changed_archived_and_deleted(client, stranger):
    made = coupon(client, percent=12.5, duration="repeating", duration_in_months=3,
                  max_redemptions=5, expires_at="2026-06-01", name="Spring")  # fmt: skip
    assert made["id"].startswith("cpn_")
    assert (made["percent"], made["times_redeemed"], made["archived"]) == (12.5, 0, False)
    path = f"/coupons/{made['id']}"
    changed = client.patch(path, {"max_redemptions": None, "name": "S", "metadata": {"a": "b"}})
    assert (changed.json["max_redemptions"], changed.json["name"]) == (None, "S")
    assert client.post(f"{path}/archive").json["archived"] is True
    assert client.get("/coupons", params={"archived": "true"}).json["data"][0]["id"] == made["id"]
    assert client.post(f"{path}/unarchive").json["archived"] is False
    assert client.get("/coupons", params={"code": "half"}).json["data"]
    assert stranger.get(path).status_code == 404
    assert client.send("DELETE", path).json["deleted"] is True
    assert client.get(path).status_code == 404
    assert client.get(path, params={"as_of": str(client.head)}).status_code in {404, 422}
    coupon(client)  # its code is free again
    types = [each["type"] for each in client.get(f"{path}/events").json["data"]]
    assert set(types) == {
        "coupon.created", "coupon.updated", "coupon.archived", "coupon.unarchived",
        "coupon.deleted",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"code": "half"}, "code", "taken"),
        ({"code": "A B"}, "code", "invalid_code"),
        ({"percent": 0}, "percent", "invalid_percent"),
        ({"percent": 100.01}, "percent", "invalid_percent"),
        ({"percent": 1.234}, "percent", "invalid_percent"),
        ({"percent": True}, "percent", "invalid_percent"),
        ({"percent": "NaN"}, "percent", "invalid_percent"),
        ({"percent": None}, "percent", "percent_or_amount"),
        ({"amount": 5, "currency": "USD"}, "percent", "percent_or_amount"),
        ({"percent": None, "amount": 5}, "currency", "required"),
        ({"percent": None, "amount": 0, "currency": "USD"}, "amount", "too_small"),
        ({"currency": "USD"}, "currency", "not_with_percent"),
        ({"duration": "repeating"}, "duration_in_months", "required"),
        ({"periods": 2}, "periods", "only_repeating"),
        ({"duration": "always"}, "duration", "not_allowed"),
        ({"max_redemptions": 0}, "max_redemptions", "too_small"),
        ({"expires_at": "2025-01-01"}, "expires_at", "not_in_the_future"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_recorded(client, fields, field, code):
    coupon(client)
    head = client.head
    refused = client.post("/coupons", {"code": "NEW", "percent": 50, **fields})
    assert refused.status_code == 422
    assert (refused.json["errors"][0]["field"], refused.json["errors"][0]["code"]) == (field, code)
    assert client.head == head


@pytest.mark.parametrize(
    ("duration", "totals"),
    [
        ({"duration": "once"}, [1550, 3100, 3100, 3100]),
        ({"duration": "repeating", "periods": 2}, [1550, 1550, 3100, 3100]),
        ({"duration": "repeating", "duration_in_months": 3}, [1550, 1550, 1550, 3100]),
        ({"duration": "forever"}, [1550] * 4),
    ],
)
def test_each_duration_counts_its_terms(shop, duration, totals):
    coupon(shop.client, **duration)
    begun = shop.subscribe(coupon_code="half").json
    assert begun["discount"]["code"] == "HALF"
    assert [total for _, total in renewed(shop, "2026-04-02")] == totals
    first = invoices(shop)[0]
    assert (first["discount_total"], first["subtotal"]) == (1550, 1550)
    assert (first["lines"][0]["discount"], first["lines"][0]["amount"]) == (1550, 1550)
    assert first["lines"][0]["unit_amount"] == 3100
    assert first["discount"]["percent"] == 50
    (kept,) = shop.client.get("/coupons").json["data"]
    assert kept["times_redeemed"] == 1
    assert -trial(shop, "2026-04-30")["recognized_revenue"] == sum(totals)


def test_an_amount_off_is_taken_before_tax_and_only_the_net_is_deferred(shop):
    coupon(shop.client, percent=None, amount=1000, currency="USD", duration="forever")
    plan = {"name": "Taxed", "amount": 3000, "currency": "USD", "interval": "month"}
    taxed = {**plan, "product_id": shop.product["id"], "tax_rate": "0.10"}
    plan = shop.client.made("/plans", taxed)
    shop.subscribe(plan_id=plan["id"], coupon_code="HALF")
    (first,) = invoices(shop)
    assert (first["discount_total"], first["subtotal"], first["tax"], first["total"]) == (
        1000, 2000, 200, 2200,
    )  # fmt: skip
    assert trial(shop, "2026-01-01")["deferred_revenue"] == -(2000 - 65)
    assert trial(shop, "2026-01-31")["recognized_revenue"] == -2000


def test_a_discount_never_makes_less_than_nothing(shop):
    coupon(shop.client, percent=None, amount=999999, currency="USD")
    assert shop.subscribe(coupon_code="HALF").json["status"] == "active"
    (first,) = invoices(shop)
    assert (first["status"], first["total"], first["discount_total"]) == ("paid", 0, 3100)
    assert shop.client.get("/payments").json["data"] == []


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"percent": None, "amount": 5, "currency": "EUR"}, "currency_mismatch"),
        ({"expires_at": "2026-01-02"}, "coupon_expired"),
        ({"max_redemptions": 1}, "coupon_exhausted"),
        ({"archived": True}, "coupon_archived"),
        (None, "not_found"),
    ],
)
def test_a_coupon_that_does_not_count_sells_nothing(shop, made, code):
    named = "NONE"
    if made is not None:
        archived = made.pop("archived", False)
        kept = coupon(shop.client, **made)
        named = "HALF"
        if archived:
            shop.client.made(f"/coupons/{kept['id']}/archive")
    if code == "coupon_exhausted":
        assert shop.subscribe(coupon_code="HALF").status_code == 201
    if code == "coupon_expired":
        shop.client.made("/test_clock/advance", {"to": "2026-01-03T00:00:00Z"})
    head = shop.client.head
    refused = shop.subscribe(coupon_code=named)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, code)
    assert refused.json["errors"][0]["field"] == "coupon_code"
    drafted = {
        "customer_id": shop.customer["id"], "currency": "USD", "coupon_code": named,
        "lines": [{"description": "x", "unit_amount": 1}],
    }  # fmt: skip
    assert shop.client.post("/invoices", drafted).json["errors"][0]["code"] == code
    assert shop.client.head == head


def test_of_many_who_redeem_the_last_one_exactly_one_gets_it(shop):
    made = coupon(shop.client, max_redemptions=1)
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: shop.subscribe(coupon_id=made["id"]), range(32)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [422] * 31
    refused = {a.json["errors"][0]["code"] for a in answers if a.status_code == 422}
    assert refused == {"coupon_exhausted"}
    assert len(invoices(shop)) == 1


def test_a_change_of_plan_in_a_discounted_term_is_right_to_the_cent(shop):
    coupon(shop.client, duration="forever")
    begun = shop.subscribe(coupon_code="HALF").json
    shop.client.made("/test_clock/advance", {"to": "2026-01-16T00:00:00Z"})
    dear = {"name": "Dear", "amount": 6200, "currency": "USD", "interval": "month"}
    dear = shop.client.made("/plans", {**dear, "product_id": shop.product["id"]})
    shop.client.made(f"/subscriptions/{begun['id']}/change_plan", {"plan_id": dear["id"]})
    change = invoices(shop)[-1]
    # 16 of 31 days: half of what is left of 31.00, and half of what 62.00 costs for them.
    assert [line["amount"] for line in change["lines"]] == [-800, 1600]
    assert change["lines"][1]["discount"] == 1600
    assert trial(shop, "2026-01-31")["recognized_revenue"] == -(1550 - 800 + 1600)
    assert [total for _, total in renewed(shop, "2026-02-02")][-1] == 3100


def test_a_fixed_amount_is_shared_by_the_days_that_are_left(shop):
    coupon(shop.client, percent=None, amount=310, currency="USD", duration="forever")
    begun = shop.subscribe(coupon_code="HALF").json
    shop.client.made("/test_clock/advance", {"to": "2026-01-16T00:00:00Z"})
    dear = {"name": "Dear", "amount": 6200, "currency": "USD", "interval": "month"}
    dear = shop.client.made("/plans", {**dear, "product_id": shop.product["id"]})
    shop.client.made(f"/subscriptions/{begun['id']}/change_plan", {"plan_id": dear["id"]})
    change = invoices(shop)[-1]
    assert [line["amount"] for line in change["lines"]] == [-1440, 3200 - 160]


def test_an_invoice_by_hand_shares_its_discount_over_its_lines_by_largest_remainder(shop):
    made = coupon(shop.client, percent=None, amount=100, currency="USD")
    lines = [{"description": "x", "unit_amount": each} for each in (333, 333, 334, -50)]
    drafted = shop.invoice(issued=False, lines=lines, coupon_id=made["id"])
    assert [line["discount"] for line in drafted["lines"]] == [33, 33, 34, 0]
    assert (drafted["total"], drafted["discount_total"]) == (850, 100)
    assert shop.client.get(f"/coupons/{made['id']}").json["times_redeemed"] == 0
    issued = shop.client.made(f"/invoices/{drafted['id']}/issue")
    assert issued["total"] == 850
    assert shop.client.get(f"/coupons/{made['id']}").json["times_redeemed"] == 1


def test_the_last_redemption_is_issued_once_though_drafted_twice(shop):
    coupon(shop.client, max_redemptions=1)
    drafts = [shop.invoice(issued=False, coupon_code="HALF")["id"] for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        issued = list(pool.map(lambda ref: shop.client.post(f"/invoices/{ref}/issue"), drafts))
    assert sorted(answer.status_code for answer in issued) == [200, 422, 422, 422]
    assert [each["number"] for each in invoices(shop) if each["number"]] == ["INV-000001"]


def test_a_renewal_and_a_restart_take_a_coupon_and_a_preview_shows_it(shop):
    coupon(shop.client)
    begun = shop.subscribe(collection_method="send_invoice").json
    path = f"/subscriptions/{begun['id']}"
    seen = shop.client.made(f"{path}/preview", {"coupon_code": "HALF"})
    assert seen["invoice"]["total"] == 1550
    assert shop.client.get("/coupons").json["data"][0]["times_redeemed"] == 0
    shop.client.made(f"{path}/renew", {"coupon_code": "HALF", "auto_renew": False})
    assert invoices(shop)[-1]["total"] == 1550
    club = {"name": "Club", "amount": 2000, "currency": "USD", "interval": "month",
            "type": "membership", "auto_renew": False}  # fmt: skip
    club = shop.client.made("/plans", {**club, "product_id": shop.product["id"]})
    member = shop.subscribe(plan_id=club["id"], coupon_code="HALF").json
    shop.client.made("/test_clock/advance", {"to": "2026-02-02T00:00:00Z"})
    again = shop.client.made(f"/subscriptions/{member['id']}/restart", {})
    assert (again["discount"], invoices(shop)[-1]["total"]) == (None, 2000)


def test_a_scheduled_start_and_a_trial_are_discounted_when_they_are_billed(shop):
    coupon(shop.client)
    shop.subscribe(trial_days=7, coupon_code="HALF")
    shop.subscribe(
        start_date="2026-01-20", billing_behavior="bill_on_start_date", coupon_code="HALF"
    )
    assert [total for _, total in renewed(shop, "2026-02-27")] == [1550, 1550, 3100, 3100][:4]


def test_a_fixed_coupon_takes_lines_to_nothing_and_leaves_credits_whole(client, shop):
    made = client.made("/coupons", {"code": "FIFTY", "amount": 5000, "currency": "USD"})
    lines = [{"description": "x", "unit_amount": each} for each in (1000, -200)]
    invoice = shop.invoice(lines=lines, coupon_id=made["id"])
    assert [each["amount"] for each in invoice["lines"]] == [0, -200]
    assert (invoice["total"], invoice["discount_total"]) == (-200, 1000)
    customer = client.get(f"/customers/{shop.customer['id']}").json
    assert customer["balances"] == {"USD": 200}


def test_a_void_gives_no_redemption_back(client, shop):
    made = coupon(client, max_redemptions=1)
    invoice = shop.invoice(coupon_id=made["id"])
    client.made(f"/invoices/{invoice['id']}/void")
    assert client.get(f"/coupons/{made['id']}").json["times_redeemed"] == 1
    body = {"customer_id": shop.customer["id"], "currency": "USD", "coupon_id": made["id"]}
    again = client.post("/invoices", {**body, "lines": [{"description": "x", "unit_amount": 1}]})
    assert (again.status_code, again.json["code"]) == (422, "coupon_exhausted")
    client.patch(f"/coupons/{made['id']}", {"max_redemptions": 2})
    assert shop.invoice(coupon_id=made["id"])["discount_total"] > 0
