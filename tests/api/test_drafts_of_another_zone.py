"""A draft written before its account moved to another time zone."""

from __future__ import annotations

from tests.api.returning import advance, books

LINE = {
    "description": "March", "unit_amount": 3100,
    "period_start": "2026-03-01T00:00:00Z", "period_end": "2026-04-01T00:00:00Z",
}  # fmt: skip


def test_it_is_earned_over_the_days_that_its_paper_shows(client, shop):
    draft = shop.invoice(lines=[LINE], issued=False)["id"]
    assert client.patch("/account", {"timezone": "America/Los_Angeles"}).status_code == 200
    client.made(f"/invoices/{draft}/issue")
    advance(client, "2026-05-01")
    rows = client.get("/reports/recognized_revenue", params={"as_of": "2026-04-30"}).json["data"]
    spans = {(row["recognition_start"], row["recognition_end"]) for row in rows}
    assert spans == {("2026-02-28", "2026-03-30")}
    assert books(client, "2026-02-28")["recognized_revenue"] == -100
    (issued,) = client.get("/events", params={"type": "invoice.issued"}).json["data"]
    (line,) = issued["data"]["lines"]
    assert (line["service_start"], line["service_end"]) == ("2026-02-28", "2026-03-31")


def test_in_the_zone_it_was_written_in_its_days_are_those_of_the_draft(client, shop):
    shop.invoice(lines=[LINE])
    (issued,) = client.get("/events", params={"type": "invoice.issued"}).json["data"]
    (line,) = issued["data"]["lines"]
    assert (line["service_start"], line["service_end"]) == ("2026-03-01", "2026-04-01")
