"""What members are told of their subscription: from the log, for whoever was open then."""

from __future__ import annotations

import time
from typing import Any

from domain.shared.identifiers import uuid_of
from projections.groups import RESOURCES
from projections.member_updates import Change, told_of
from projections.reading import reading
from tests.api.conftest import Client
from tests.api.shapes import differences
from tests.api.test_members import Club, open_club
from tests.api.test_refusals import refused


def told(client: Client, member: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(
        f"/memberships/{member['id']}/subscription_updates"
    ).json["data"]
    return found


def types(client: Client, member: dict[str, Any]) -> list[str]:
    return [each["event_type"].partition(".")[2] for each in reversed(told(client, member))]


def test_renewal_cancellation_at_the_request_and_at_the_end_and_restart(client):
    club = open_club(client)
    early = club.invite("a@example.org", first_name="Ada", last_name="Byron")
    assert told(client, early) == []
    client.made("/test_clock/advance", {"to": "2026-02-05"})
    late = club.join("b@example.org")
    client.patch(club.path, {"metadata": {"desk": "print"}})
    client.made(f"{club.path}/cancel", {"mode": "period_end"})
    client.send("DELETE", f"{club.path}/members/{late['id']}")
    client.made("/test_clock/advance", {"to": "2026-03-05"})
    client.made(f"{club.path}/restart", {})
    assert types(client, early) == ["renewed", "canceled", "expired", "restarted"]
    assert types(client, late) == ["canceled"]
    renewal = told(client, early)[-1]
    assert differences("member_update", renewal) == []
    assert renewal["type"] == "member.subscription_updated"
    assert renewal["member"] == {
        "id": early["id"], "first_name": "Ada", "last_name": "Byron",
    }  # fmt: skip
    assert renewal["timestamp"] == "2026-02-01T00:00:00Z"
    plan = {name: club.plan[name] for name in (
        "id", "name", "amount", "currency", "interval", "interval_count"
    )}  # fmt: skip
    assert renewal["subscription"] == {
        "id": club.subscription["id"], "status": "active", "metadata": {}, "plan": plan,
        "renews_at": "2026-03-01T00:00:00Z", "expires_at": None, "auto_renew": True,
    }  # fmt: skip
    canceled, expired = told(client, early)[2], told(client, early)[1]
    assert canceled["subscription"]["expires_at"] == "2026-03-01T00:00:00Z"
    assert canceled["subscription"]["metadata"] == {"desk": "print"}
    assert (expired["subscription"]["status"], expired["subscription"]["renews_at"]) == (
        "expired", None,
    )  # fmt: skip
    assert len({each["id"] for each in told(client, early)}) == 4
    assert told(client, early)[1]["id"] != told(client, late)[0]["id"]


def test_at_once_and_a_change_of_plan(client):
    club = open_club(client)
    member = club.join("a@example.org")
    other = client.made(
        "/plans",
        {"name": "Larger", "amount": 5000, "currency": "USD", "interval": "month",
         "type": "membership", "seat_capacity": 9, "product_id": club.shop.product["id"]},
    )  # fmt: skip
    client.made(f"{club.path}/change_plan", {"plan_id": other["id"], "proration": "none"})
    client.made(f"{club.path}/cancel", {"mode": "now"})
    assert types(client, member) == ["changed", "canceled"]
    assert told(client, member)[1]["subscription"]["plan"]["name"] == "Larger"
    assert told(client, member)[0]["subscription"]["status"] == "canceled"


def test_nobody_elses(client, stranger):
    club, theirs = open_club(client), open_club(stranger)
    member = theirs.join("a@example.org")
    path, at = f"/memberships/{member['id']}/subscription_updates", client.head
    refused(client, client.get(path), 404, "not_found", at)
    mine = club.join("a@example.org")
    path, at = f"/memberships/{mine['id']}/subscription_updates", client.head
    refused(client, client.get(path, params={"x": "1"}), 422, "unknown_filter", at)


def many(client: Client, number: int) -> Club:
    club = open_club(client, seats=number)
    for start in range(0, number, 100):
        people = [{"email": f"m{at}@example.org"} for at in range(start, start + 100)]
        assert client.post(f"{club.path}/members", {"members": people}).status_code == 201
    return club


def test_ten_pages_of_members_are_told_by_one_event(client):
    """A thousand here; the figure of ten thousand is in docs/memberships.md."""
    club = many(client, 1000)
    before = client.head
    started = time.monotonic()
    client.made("/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
    assert time.monotonic() - started < 5
    events = client.get(f"{club.path}/events").json["data"]
    renewal = next(each for each in events if each["type"] == "subscription.renewed")
    assert client.head - before < 12
    with reading(_connections(client), client.books.account_id, RESOURCES) as now:
        change = Change(
            club.subscription["id"], renewal["position"], uuid_of(renewal["id"]),
            renewal["type"], now.now,
        )  # fmt: skip
        seen: list[str] = []
        while page := list(told_of(now, change, after=seen[-1] if seen else "", limit=100)):
            seen += [each["member"]["id"] for each in page]
    assert len(seen) == len(set(seen)) == 1000


def _connections(client: Client) -> Any:
    return client.books.recorder._connections
