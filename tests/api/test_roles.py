"""Every role on every route, over HTTP, against the matrix; a refusal records nothing."""

from __future__ import annotations

import pytest

from api.app import RouteWithoutRule, create_app
from api.core.roles import matrix
from api.route import Read, Shape, Write
from api.routes import ROUTES
from api.rules import PERMISSIONS, PUBLIC, ROLES, SCOPES, in_scope, may_grant, permissions_of
from tests.api.conftest import key_with
from tests.api.shapes import differences

GUARDED = [route for route in ROUTES if route.rule != PUBLIC]


def asked(client, route):
    """The route with ids of nothing and an empty body: past the door, something else refuses."""
    path = route.path.replace("{id}", "x").replace("{name}", "x")
    body = {} if isinstance(route, Write) else None
    return client.send(route.method, path, body)


@pytest.mark.parametrize("role", ROLES)
def test_every_route_lets_a_role_in_or_not_as_the_matrix_says(client, services, role):
    key_with(client, services, role=role)
    at, wrong = client.head, []
    for route in GUARDED:
        answer = asked(client, route)
        held = route.rule in permissions_of(role)
        turned_away = answer.status_code == 403 and answer.json["code"] == "forbidden"
        if turned_away == held:
            wrong.append((route.method, route.path, answer.status_code))
        if turned_away:
            assert route.rule in answer.json["detail"]
            assert client.head == at, route.path
        at = client.head
    assert not wrong


def test_what_the_specification_says_of_roles():
    holders = {name: {role for role in ROLES if role in each.roles}
               for name, each in PERMISSIONS.items()}  # fmt: skip
    assert holders["money:write"] == {"owner", "administrator", "finance", "support"}
    assert holders["write_offs:write"] == {"owner", "administrator", "finance"}
    assert holders["accounting_periods:close"] == {"owner", "administrator", "finance"}
    assert holders["accounting_periods:reopen"] == {"owner"}
    assert holders["subscriptions:write"] == set(ROLES) - {"auditor"}
    assert set(permissions_of("auditor")) == {each for each in PERMISSIONS if "read" in each}
    assert set(permissions_of("owner")) == set(PERMISSIONS)


@pytest.mark.parametrize(("role", "refused"), [("sales", True), ("support", False)])
def test_money_is_moved_by_those_who_may(shop, services, role, refused):
    invoice = shop.invoice()
    key_with(shop.client, services, role=role)
    at = shop.client.head
    answer = shop.client.post(f"/invoices/{invoice['id']}/charge", {}, key="k")
    assert (answer.status_code, shop.client.head > at) == ((403, False) if refused else (200, True))


def test_sales_begins_a_subscription_and_an_auditor_reads_what_happened(shop, services):
    key_with(shop.client, services, role="sales")
    made = shop.subscribe()
    assert made.status_code == 201
    key_with(shop.client, services, role="auditor")
    happened = shop.client.get(f"/subscriptions/{made.json['id']}/events")
    assert happened.json["data"][-1]["type"] == "subscription.created"
    assert shop.subscribe().status_code == 403


def test_the_matrix_is_shown_as_it_is_enforced(client):
    shown = client.get("/roles").json
    assert shown == matrix(ROUTES)
    assert [each["name"] for each in shown["data"]] == list(ROLES)
    assert not [d for each in shown["data"] for d in differences("role", each)]
    assert not [d for each in shown["permissions"] for d in differences("permission", each)]
    covered = {route for each in shown["permissions"] for route in each["routes"]}
    assert covered == {f"{route.method} {route.path}" for route in GUARDED}
    assert client.get("/roles", params={"name": "owner"}).status_code == 422


def test_nobody_gives_what_they_do_not_hold():
    assert [role for role in ROLES if may_grant("owner", role)] == list(ROLES)
    assert [role for role in ROLES if may_grant("administrator", role)] == list(ROLES)[1:]
    assert not may_grant("support", "finance")
    assert not may_grant("owner", "emperor")


@pytest.mark.parametrize(
    ("scopes", "permission", "reached"),
    [
        (["*"], "money:write", True),
        (["customers:*"], "customers:write", True),
        (["customers:read"], "customers:write", False),
        (["customers:read"], "customers:read", True),
        (["customers:*"], "payment_methods:read", False),
        (["customers:read", "customers:write"], "customers:*", False),
        (["customers:*"], "*", False),
        ([], "customers:read", False),
    ],
)
def test_how_far_scopes_reach(scopes, permission, reached):
    assert in_scope(scopes, permission) is reached


def test_a_missing_scope_is_named(client, services):
    key_with(client, services, scopes=["customers:read"])
    assert client.get("/customers").status_code == 200
    at = client.head
    refused = client.post("/customers", {})
    assert (refused.status_code, refused.json["code"]) == (403, "insufficient_scope")
    assert "customers:write" in refused.json["detail"]
    assert 'scope="customers:write"' in refused.headers["WWW-Authenticate"]
    assert client.get("/products").status_code == 403
    assert client.head == at


def test_a_scope_does_not_reach_what_is_nested_or_exported(shop, services):
    shop.subscribe()
    key_with(shop.client, services, scopes=["subscriptions:read", "exports:read"])
    assert shop.client.get("/subscriptions").status_code == 200
    assert shop.client.get("/exports/subscriptions.csv").status_code == 200
    for path, missing in [
        ("/subscriptions?expand=customer", "customers:read"),
        ("/exports/customers.csv", "customers:read"),
        ("/exports/deferred_revenue.csv", "reports:read"),
    ]:
        refused = shop.client.send("GET", path)
        assert (refused.status_code, refused.json["code"]) == (403, "insufficient_scope"), path
        assert missing in refused.json["detail"]


def test_a_role_that_is_none_may_nothing(client, services):
    key_with(client, services, role="nobody")
    assert client.get("/customers").status_code == 403


@pytest.mark.parametrize("rule", [None, "", "customers", "customers:fire", "*"])
def test_a_route_whose_rule_is_not_in_the_matrix_does_not_start(services, rule):
    bare = Read(
        method="GET", path="/core/v1/new", handler=lambda _: None, kind="new", rule=rule,
        shape=Shape.ITEM, summary="New",
    )  # fmt: skip
    with pytest.raises(RouteWithoutRule, match="GET /core/v1/new"):
        create_app(services, [*ROUTES, bare])


def test_every_permission_is_some_routes_or_a_planned_ones():
    """A rule misspelt in the matrix would guard nothing."""
    assert {route.rule for route in GUARDED} <= set(PERMISSIONS)
    assert all(name.count(":") == 1 for name in PERMISSIONS)
    assert {"*", "customers:*", "customers:read"} <= SCOPES
