"""Days of an account's terms are calendar days where it is, also when its clocks change."""

from __future__ import annotations

import pytest

from tests.api.conftest import open_client, open_shop
from tests.api.returning import shown

BERLIN, LOS_ANGELES = "Europe/Berlin", "America/Los_Angeles"


@pytest.fixture
def there(app, services, request):
    return open_client(app, services, zone=request.param)


def start(client, now):
    assert client.patch("/test_clock", {"now": now}).status_code == 200


@pytest.mark.parametrize(
    ("there", "now", "due"),
    [
        (BERLIN, "2026-09-30T22:00:00Z", "2026-10-30T23:00:00Z"),
        (BERLIN, "2026-03-14T23:00:00Z", "2026-04-13T22:00:00Z"),
        (BERLIN, "2026-05-31T22:00:00Z", "2026-06-30T22:00:00Z"),
        (LOS_ANGELES, "2026-10-15T07:00:00Z", "2026-11-14T08:00:00Z"),
        (LOS_ANGELES, "2026-03-01T08:00:00Z", "2026-03-31T07:00:00Z"),
    ],
    indirect=["there"],
)
def test_an_invoice_is_due_at_the_same_time_of_a_later_day(there, now, due):
    start(there, now)
    ref = open_shop(there).invoice()["id"]
    assert shown(there, ref)["due_at"] == due
    assert there.post("/test_clock/advance", {"to": due}).status_code == 200
    assert shown(there, ref)["status"] == "past_due"


@pytest.mark.parametrize("there", [BERLIN], indirect=True)
def test_a_due_date_comes_before_the_hour_that_an_autumn_adds(there):
    start(there, "2026-09-30T22:00:00Z")
    ref = open_shop(there).invoice()["id"]
    there.made("/test_clock/advance", {"to": "2026-10-30T22:59:59Z"})
    assert shown(there, ref)["status"] == "open"


@pytest.mark.parametrize(
    ("there", "now", "over"),
    [
        (BERLIN, "2026-03-26T23:00:00Z", "2026-04-02T22:00:00Z"),
        (BERLIN, "2026-10-21T22:00:00Z", "2026-10-28T23:00:00Z"),
    ],
    indirect=["there"],
)
def test_a_first_payment_is_waited_for_whole_days(there, now, over):
    start(there, now)
    ref = open_shop(there, "tok_chargeDeclined").subscribe().json["id"]
    before = over.replace("22:00:00", "21:59:59").replace("23:00:00", "22:59:59")
    there.made("/test_clock/advance", {"to": before})
    assert there.get(f"/subscriptions/{ref}").json["status"] == "incomplete"
    there.made("/test_clock/advance", {"to": over})
    assert there.get(f"/subscriptions/{ref}").json["status"] == "incomplete_expired"


@pytest.mark.parametrize("there", [BERLIN], indirect=True)
def test_a_declined_renewal_is_tried_again_and_has_grace_on_whole_days(there):
    """Of a term that ends on 24 October at midnight; clocks are set back on the 25th."""
    start(there, "2026-09-23T22:00:00Z")
    there.patch("/account", {"dunning_days": [3, 5], "grace_days": 3})
    shop = open_shop(there)
    there.patch(f"/plans/{shop.plan['id']}", {"entitlements": ["print"]})
    ref = shop.subscribe().json["id"]
    declining = {"token": "tok_chargeDeclined", "is_default": True}
    there.made(f"/customers/{shop.customer['id']}/payment_methods", declining)
    there.made("/test_clock/advance", {"to": "2026-10-23T22:00:00Z"})
    assert there.get(f"/subscriptions/{ref}").json["status"] == "past_due"
    (invoice,) = there.get("/invoices", params={"status": "past_due"}).json["data"]
    (granted,) = there.get(f"/customers/{shop.customer['id']}/entitlements").json["data"]
    assert granted["until"] == "2026-10-26T23:00:00Z"
    path, at = f"/customers/{shop.customer['id']}/entitlements", {"as_of": "2026-10-24T00:00:00Z"}
    assert there.get(path, params=at).json["data"][0]["until"] == "2026-10-26T23:00:00Z"

    def tried():
        return len(there.get("/payments", params={"invoice_id": invoice["id"]}).json["data"])

    for to, times in [("26T22:59:59Z", 1), ("26T23:00:00Z", 2), ("28T22:59:59Z", 2)]:
        there.made("/test_clock/advance", {"to": f"2026-10-{to}"})
        assert tried() == times
    there.made("/test_clock/advance", {"to": "2026-10-28T23:00:00Z"})
    assert there.get(f"/subscriptions/{ref}").json["status"] == "unpaid"
