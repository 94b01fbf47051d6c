"""Members over HTTP: invitations within the seats, acceptance, removal, links to customers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.conftest import PLAN, Client, Shop, open_shop
from tests.api.shapes import differences
from tests.api.test_refusals import refused


@dataclass
class Club:
    """A running membership of some seats."""

    shop: Shop
    plan: dict[str, Any]
    subscription: dict[str, Any]

    @property
    def client(self) -> Client:
        return self.shop.client

    @property
    def path(self) -> str:
        return f"/subscriptions/{self.subscription['id']}"

    def invite(self, email: str, **fields: Any) -> dict[str, Any]:
        return self.client.made(f"{self.path}/members", {"email": email, **fields})

    def join(self, email: str) -> dict[str, Any]:
        member = self.invite(email)
        return self.client.made(f"{self.path}/members/{member['id']}/accept")

    def seats(self) -> tuple[int | None, int | None, int | None]:
        now = self.client.get(self.path).json
        return now["seat_capacity"], now["seats_used"], now["seats_available"]


def open_club(client: Client, seats: int | None = 3) -> Club:
    shop = open_shop(client)
    plan = client.made(
        "/plans",
        {**PLAN, "name": "Club", "product_id": shop.product["id"], "type": "membership",
         "seat_capacity": seats},
    )  # fmt: skip
    return Club(shop, plan, shop.subscribe(plan_id=plan["id"]).json)


@pytest.fixture
def club(client: Client) -> Club:
    return open_club(client)


def test_a_member_is_invited_accepts_and_is_removed(club):
    client = club.client
    answer = client.post(
        f"{club.path}/members", {"email": "byron@example.org", "first_name": "George"}
    )
    member = answer.json
    assert (answer.status_code, member["status"]) == (201, "pending")
    assert differences("member", member) == []
    assert club.seats() == (3, 0, 3)
    path = f"{club.path}/members/{member['id']}"
    assert client.get(path).json == member
    accepted = client.made(f"{path}/accept")
    assert (accepted["status"], accepted["accepted_at"]) == ("active", "2026-01-01T00:00:00Z")
    assert accepted["last_active_at"] == "2026-01-01T00:00:00Z"
    assert club.seats() == (3, 1, 2)
    gone = client.send("DELETE", path)
    assert (gone.status_code, gone.json["status"]) == (200, "removed")
    assert club.seats() == (3, 0, 3)
    types = [each["type"] for each in client.get(f"{path}/events").json["data"]]
    assert types == ["member.removed", "member.activated", "member.created"]
    whole = client.get(f"/memberships/{member['id']}/events").json["data"]
    assert [each["type"] for each in whole] == types
    assert client.get(f"/memberships/{member['id']}").json["status"] == "removed"


def test_a_name_is_changed_and_nothing_else(club):
    member = club.invite("byron@example.org")
    path = f"{club.path}/members/{member['id']}"
    assert club.client.patch(path, {"last_name": "Byron"}).json["last_name"] == "Byron"
    at = club.client.head
    refused(
        club.client, club.client.patch(path, {"email": "x@example.org"}), 422, "unknown_field", at
    )


def test_a_hundred_are_invited_at_once_or_none(client):
    club = open_club(client, seats=101)
    people = [{"email": f"m{at}@example.org", "last_name": str(at)} for at in range(100)]
    answer = client.post(f"{club.path}/members", {"members": people}, key="hundred")
    assert answer.status_code == 201
    assert [each["email"] for each in answer.json["data"]] == [each["email"] for each in people]
    again = client.post(f"{club.path}/members", {"members": people}, key="hundred")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == answer.json
    at, path = client.head, f"{club.path}/members"
    two = {"members": [{"email": "x@example.org"}, {"email": "y@example.org"}]}
    refused(client, client.post(path, two), 422, "seat_capacity_exceeded", at)
    mixed = {"members": [{"email": "new@example.org"}, {"email": "M7@example.org"}]}
    refused(client, client.post(path, mixed), 422, "taken", at, "members[1].email")
    twice = {"members": [{"email": "n@example.org"}, {"email": "N@example.org"}]}
    refused(client, client.post(path, twice), 422, "taken", at, "members[1].email")
    refused(client, client.post(path, {"members": people + people[:1]}), 422, "too_long", at)
    refused(client, client.post(path, {"members": []}), 422, "too_short", at)
    refused(client, client.post(path, {}), 422, "required", at)
    both = {"email": "a@example.org", "members": people[:1]}
    refused(client, client.post(path, both), 422, "not_with_members", at)
    assert client.get(path, params={"limit": "100"}).json["next_cursor"] is None


def test_an_invitation_needs_a_seat_that_nobody_holds_or_was_offered(club):
    client, path = club.client, f"{club.path}/members"
    club.join("a@example.org")
    pending = club.invite("b@example.org")
    club.invite("c@example.org")
    at = client.head
    full = client.post(path, {"email": "d@example.org"})
    refused(client, full, 422, "seat_capacity_exceeded", at)
    assert club.seats() == (3, 1, 2)
    client.send("DELETE", f"{path}/{pending['id']}")
    assert club.invite("d@example.org")["status"] == "pending"


def test_one_e_mail_has_one_open_membership_and_can_come_back(club):
    client, path = club.client, f"{club.path}/members"
    first = club.join("Ada@example.org")
    at = client.head
    refused(client, client.post(path, {"email": "ada@EXAMPLE.org"}), 422, "taken", at, "email")
    client.send("DELETE", f"{path}/{first['id']}")
    second = club.invite("ada@example.org")
    assert (second["status"], second["id"] != first["id"]) == ("pending", True)
    found = client.get("/memberships", params={"email": "ADA@example.org"}).json["data"]
    assert [each["status"] for each in found] == ["pending", "removed"]


def test_what_a_member_cannot_do_twice(club, stranger):
    client = club.client
    member = club.join("a@example.org")
    path = f"{club.path}/members/{member['id']}"
    other = open_club(stranger)
    at = client.head
    refused(client, client.post(f"{path}/accept"), 409, "member_not_pending", at)
    client.send("DELETE", path)
    at = client.head
    refused(client, client.post(f"{path}/accept"), 409, "member_not_pending", at)
    refused(client, client.send("DELETE", path), 409, "member_removed", at)
    refused(client, client.patch(path, {"first_name": "A"}), 409, "member_removed", at)
    theirs = other.invite("x@example.org")
    refused(client, client.get(f"{club.path}/members/{theirs['id']}"), 404, "not_found", at)
    refused(client, client.send("DELETE", f"{other.path}/members/{theirs['id']}"), 404,
            "not_found", at)  # fmt: skip
    refused(client, client.get(f"{other.path}/members"), 404, "not_found", at)
    mine = f"/subscriptions/{club.shop.subscribe().json['id']}"
    at = client.head
    refused(client, client.get(f"{mine}/members/{member['id']}"), 404, "not_found", at)
    answer = client.post(f"{mine}/members", {"email": "b@example.org"})
    refused(client, answer, 409, "not_a_membership", at)


def test_an_ended_membership_takes_no_members_and_lets_them_go(club):
    client = club.client
    member = club.invite("a@example.org")
    client.made(f"{club.path}/cancel", {"mode": "period_end"})
    client.made("/test_clock/advance", {"to": "2026-03-01"})
    path, at = f"{club.path}/members", client.head
    refused(client, client.post(path, {"email": "b@example.org"}), 409, "subscription_ended", at)
    accept = client.post(f"{path}/{member['id']}/accept")
    refused(client, accept, 409, "subscription_ended", at)
    assert client.send("DELETE", f"{path}/{member['id']}").json["status"] == "removed"


def test_a_version_holds_for_the_member_and_for_the_subscription(club):
    client = club.client
    member = club.invite("a@example.org")
    path = f"{club.path}/members/{member['id']}"
    at = client.head
    stale = client.post(f"{path}/accept", headers={"If-Match": '"2"'})
    refused(client, stale, 412, "version_mismatch", at)
    assert client.post(f"{path}/accept", headers={"If-Match": '"1"'}).status_code == 200
    at = client.head
    stale = client.post(f"{club.path}/members", {"email": "b@x.org"}, headers={"If-Match": '"1"'})
    refused(client, stale, 412, "version_mismatch", at)


def test_members_are_linked_to_the_customer_who_has_their_e_mail(club):
    client = club.client
    known = client.made("/customers", {"email": "Known@example.org"})
    assert club.invite("known@example.org")["customer_id"] == known["id"]
    created, changed = club.invite("later@example.org"), club.invite("changed@example.org")
    assert created["customer_id"] is None
    answer = client.post("/customers", {"email": "LATER@example.org"})
    position = {"Ledger-Position": answer.headers["Ledger-Position"]}
    path = f"/memberships/{created['id']}"
    assert client.get(path, headers=position).json["customer_id"] == answer.json["id"]
    customer = f"/customers/{known['id']}"
    assert client.patch(customer, {"email": "changed@example.org"}).status_code == 200
    linked = client.get(f"/memberships/{changed['id']}").json
    assert linked["customer_id"] == known["id"]
    client.patch(customer, {"email": None})
    assert client.get(f"/memberships/{changed['id']}").json["customer_id"] == known["id"]
    events = client.get(f"{path}/events").json["data"]
    assert [each["type"] for each in events] == ["member.updated", "member.created"]


def test_a_customer_and_an_invitation_at_the_same_time_find_each_other(client):
    club = open_club(client, seats=40)

    def both(at: int) -> tuple[Any, Any]:
        email = f"both{at}@example.org"
        with ThreadPoolExecutor(2) as pool:
            made = pool.submit(client.made, "/customers", {"email": email})
            member = pool.submit(club.invite, email)
        return made.result(), member.result()

    for at in range(12):
        customer, member = both(at)
        shown = client.get(f"/memberships/{member['id']}").json
        assert shown["customer_id"] == customer["id"]


def test_many_invitations_at_once_never_exceed_the_seats(client):
    club = open_club(client, seats=7)

    def invite(at: int) -> tuple[int, str]:
        answer = client.post(f"{club.path}/members", {"email": f"p{at}@example.org"})
        return answer.status_code, answer.json.get("code", "")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(invite, range(24)))
    assert answers.count((201, "")) == 7
    assert answers.count((422, "seat_capacity_exceeded")) == 17
    members = client.get(f"{club.path}/members").json["data"]
    assert len(members) == 7
    with ThreadPoolExecutor(8) as pool:
        accepted = list(
            pool.map(lambda each: client.post(f"{club.path}/members/{each['id']}/accept"), members)
        )
    assert [each.status_code for each in accepted] == [200] * 7
    assert club.seats() == (7, 7, 0)


def test_a_plan_made_smaller_is_not_what_was_sold(club):
    club.client.patch(f"/plans/{club.plan['id']}", {"seat_capacity": 1})
    club.invite("a@example.org")
    club.invite("b@example.org")
    assert club.seats() == (3, 0, 3)


def test_a_membership_without_a_limit(client):
    club = open_club(client, seats=None)
    club.join("a@example.org")
    assert club.seats() == (None, 1, None)


def test_the_list_of_all_members_and_its_export(club):
    client = club.client
    member = club.join("a@example.org")
    club.invite("b@example.org")
    plan = {"plan_id": club.plan["id"]}
    for query, emails in [
        (plan, ["b@example.org", "a@example.org"]),
        ({"status": "active"}, ["a@example.org"]),
        ({"subscription_id": club.subscription["id"], "status": "pending"}, ["b@example.org"]),
        ({"last_active_at[gte]": "2026-01-01"}, ["a@example.org"]),
        ({"last_active_at[lt]": "2026-01-01"}, []),
        ({"q": "B@EXAMPLE"}, ["b@example.org"]),
        ({"plan_id": club.shop.plan["id"]}, []),
    ]:
        found = client.get("/memberships", params=query).json["data"]
        assert [each["email"] for each in found] == emails, query
    assert client.get("/memberships", params={"status": "gone"}).status_code == 422
    expanded = client.get("/memberships", params={"expand": "plan,subscription,owner", **plan}).json
    assert expanded["data"][0]["plan"]["id"] == club.plan["id"]
    assert expanded["data"][0]["owner"]["email"] == "ada@example.org"
    lines = client.get("/exports/memberships.csv", params=plan).text.splitlines()
    assert lines[0] == (
        "member.id,member.status,member.email,member.first_name,member.last_name,customer.id,"
        "owner.id,owner.email,organization.name,subscription.id,subscription.status,plan.id,"
        "plan.name,invited_at,accepted_at,seat_capacity,seats_used,seats_available,last_active_at"
    )
    assert lines[2] == (
        f"{member['id']},active,a@example.org,,,,{club.shop.customer['id']},ada@example.org,,"
        f"{club.subscription['id']},active,{club.plan['id']},Club,2026-01-01T00:00:00Z,"
        "2026-01-01T00:00:00Z,3,1,2,2026-01-01T00:00:00Z"
    )
    row = client.get("/exports/subscriptions.csv").text.splitlines()[1]
    assert row.endswith(",3,1,2")
    listed = client.get("/subscriptions", params={"seats_used": "1"}).json["data"]
    assert [each["seats_available"] for each in listed] == [2]


def test_a_member_and_the_seats_as_they_were(club):
    client = club.client
    member = club.invite("a@example.org")
    client.made("/test_clock/advance", {"to": "2026-01-10"})
    client.made(f"{club.path}/members/{member['id']}/accept")
    client.made("/test_clock/advance", {"to": "2026-01-20"})
    client.send("DELETE", f"{club.path}/members/{member['id']}")
    for at, status, used in [
        ("2026-01-05", "pending", 0), ("2026-01-15", "active", 1), ("2026-01-25", "removed", 0),
    ]:  # fmt: skip
        when = {"as_of": at}
        shown = client.get(f"{club.path}/members/{member['id']}", params=when).json
        assert (shown["status"], shown["plan_id"]) == (status, club.plan["id"])
        assert client.get(club.path, params=when).json["seats_used"] == used


def test_who_accepts_was_active_then(club):
    client = club.client
    member = club.join("ada@example.org")
    assert member["customer_id"] == club.shop.customer["id"]
    customer = client.get(f"/customers/{club.shop.customer['id']}").json
    assert customer["last_active_at"] == "2026-01-01T00:00:00Z"
    active = client.get("/customers", params={"last_active_at[gte]": "2026-01-01"}).json["data"]
    assert [each["id"] for each in active] == [customer["id"]]
    assert client.get(club.path).json["last_active_at"] == "2026-01-01T00:00:00Z"


def test_another_plan_needs_room_for_the_members(club):
    client, product = club.client, club.shop.product["id"]
    club.join("a@example.org")
    club.invite("b@example.org")
    small = client.made(
        "/plans", {**PLAN, "product_id": product, "type": "membership", "seat_capacity": 1}
    )
    path, at = f"{club.path}/change_plan", client.head
    body = {"plan_id": small["id"], "proration": "none"}
    refused(client, client.post(path, body), 422, "seat_capacity_exceeded", at, "plan_id")
    body = {"plan_id": club.shop.plan["id"], "proration": "none"}
    refused(client, client.post(path, body), 422, "not_a_membership", at, "plan_id")
    pending = client.get(f"{club.path}/members", params={"status": "pending"}).json["data"][0]
    client.send("DELETE", f"{club.path}/members/{pending['id']}")
    client.made(path, {"plan_id": small["id"], "proration": "none"})
    assert club.seats() == (1, 1, 0)
