"""Every route against what is wrong about a whole request: told as a problem, and not recorded.

The tables are made of the route table: a new route is held to them by itself.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from api.body import LARGEST_BODY
from api.route import Linked, Read, Shape, Write
from api.routes import ROUTES
from api.rules import PUBLIC
from store import api_keys
from store.ids import new_id
from tests.api.conftest import open_client
from tests.api.everything import Everything, fill, prefix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from falcon.testing import Result

    from api.route import Route
    from api.services import Services

WRITES = [route for route in ROUTES if isinstance(route, Write)]
PRIVATE = [route for route in ROUTES if route.rule != PUBLIC]
NAMED = [route for route in PRIVATE if re.search(r"\{(id|mem)\}", route.path)]
READS = [route for route in ROUTES if isinstance(route, Read)]
LISTS = [route for route in READS if route.shape is Shape.LIST and route.parameters]
PATHS = sorted({route.path for route in ROUTES})
JSON = {"Content-Type": "application/json"}
QUERIES = {"/core/v1/reports/renewals": "on=2026-01-01"}
"""What a read cannot do without."""
UNREADABLE = [
    b"{", b"[]", b"null", b'"text"', b"[{}]", b'{"a": 1, "a": 1}', b'{"a": {"b": 1, "b": 2}}',
    b'{"a": "\xff\xfe"}', b'{"a": NaN}', b'{"a": Infinity}', b"[" * 100_000, b'{"a":' * 50_000,
    b"\xef\xbb\xbf{}", b'{"a": "\x01"}', b"{'a': 1}", b'{"a": 1,}', b"{}{}",
]  # fmt: skip


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.fixture(scope="module")
def everything(app: Any, services: Services) -> Everything:
    return fill(open_client(app, services))


@pytest.fixture(scope="module")
def theirs(app: Any, services: Services) -> Everything:
    """The same of another account."""
    return fill(open_client(app, services))


@pytest.fixture(autouse=True)
def _nothing_is_recorded(everything: Everything, theirs: Everything) -> Iterator[None]:
    before = everything.client.head, theirs.client.head
    yield
    assert (everything.client.head, theirs.client.head) == before


def require(answer: Result, status: int, code: str | None = None) -> list[dict[str, str]]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert problem["detail"]
    assert code in {None, problem["code"]}, answer.text
    errors: list[dict[str, str]] = problem["errors"]
    return errors


def sent(everything: Everything, route: Write, raw: bytes, **headers: str) -> Result:
    return everything.client.send(
        route.method, everything.path(route), body=raw, key="k", headers={**JSON, **headers}
    )


@pytest.mark.parametrize("route", WRITES, ids=named)
def test_what_cannot_be_read_is_refused(everything: Everything, route: Write) -> None:
    for raw in UNREADABLE:
        require(sent(everything, route, raw), 400, "unreadable_body")
    require(sent(everything, route, b"x" * (LARGEST_BODY + 1)), 413, "body_too_large")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""):
        answer = sent(everything, route, b"{}", **{"Content-Type": kind})
        require(answer, 415, "unsupported_media_type")
    wrong = require(sent(everything, route, b'{"colour": 1, "\\ud800": 1}'), 422)
    told = {(each["field"], each["code"]) for each in wrong}
    assert {("colour", "unknown_field"), ("?", "unknown_field")} <= told


@pytest.fixture(scope="module")
def keys(everything: Everything, services: Services) -> dict[str, tuple[int, str, str]]:
    """Keys that open nothing, by what is wrong with them: status, code, text."""
    client = everything.client
    revoked = client.made("/api_keys", {"name": "revoked"})
    client.send("DELETE", f"/api_keys/{revoked['id']}")
    with services.connections.connection() as connection:
        expired = api_keys.create(
            connection, client.books.account_id, new_id(), livemode=False,
            expires_at=datetime(2020, 1, 1, tzinfo=UTC),
        ).text  # fmt: skip
    narrow = client.made("/api_keys", {"name": "narrow", "scopes": ["roles:read"]})
    return {
        "revoked": (401, "invalid_key", revoked["secret"]),
        "expired": (401, "invalid_key", expired),
        "unknown": (401, "invalid_key", "sk_test_nobody"),
        "not ASCII": (401, "invalid_key", "sk_test_\xe9\xff"),
        "narrow": (403, "insufficient_scope", narrow["secret"]),
    }


@pytest.mark.parametrize("route", PRIVATE, ids=named)
def test_who_may_not_is_refused(everything: Everything, keys: Any, route: Route) -> None:
    path = everything.path(route)
    for wrong, (status, code, text) in keys.items():
        if wrong == "narrow" and route.rule == "roles:read":
            continue
        answer = everything.client.send(
            route.method, path, headers={"Authorization": f"Bearer {text}"}
        )
        require(answer, status, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for header in ("", "Bearer", "Basic c2s6", "sk_test_x"):
        answer = everything.client.send(route.method, path, headers={"Authorization": header})
        require(answer, 401, "authentication_required")


@pytest.mark.parametrize("route", NAMED, ids=named)
def test_an_id_of_another_account_or_type_is_not_found(
    everything: Everything, theirs: Everything, route: Route
) -> None:
    prefix = prefix_of(route)
    other = "prod" if prefix != "prod" else "cus"
    body = everything.body(route) if isinstance(route, Write) else None
    for ref in (
        theirs.ref(route),
        everything.ids[other],
        "x",
        f"{prefix}_",
        "%00",
        "%ED%A0%80",
        everything.ref(route).upper(),
        f"{prefix}_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "a" * 3000,
    ):
        path = everything.path(route, ref)
        answer = everything.client.send(route.method, path, body, key="k")
        require(answer, 404, "not_found")
        assert len(answer.json["detail"]) < 500


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_a_list_names_each_wrong_parameter(everything: Everything, route: Read) -> None:
    wrong = "colour=red&limit=0&sort=colour&created_at[near]=2026-01-01&version[gte]=x"
    answer = everything.client.get(everything.path(route), query_string=wrong)
    if not everything.has(route):
        require(answer, 404)
        return
    told = {each["field"] for each in require(answer, 422, "invalid")}
    expected = {"colour", "created_at[near]", "version[gte]"} | (
        {"limit", "sort"} & set(route.parameters)
    )
    assert told >= expected, answer.text
    if "cursor" in route.parameters:
        for cursor in ("abc", "", "%00", "a" * 4000, "e30", "W10", "bnVsbA"):
            answer = everything.client.get(everything.path(route), query_string=f"cursor={cursor}")
            assert [each["field"] for each in require(answer, 422)] == ["cursor"], answer.text


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r not in LISTS and not isinstance(r, Linked)], ids=named
)
def test_every_other_route_names_an_unknown_parameter(everything: Everything, route: Route) -> None:
    body = everything.body(route) if isinstance(route, Write) else None
    answer = everything.client.send(
        route.method, everything.path(route), body, key="k", query_string="colour=red&size=1"
    )
    if route.rule == PUBLIC:
        require(answer, 422)
    else:
        told = {each["field"] for each in require(answer, 422)}
        assert told >= {"colour", "size"}, answer.text


@pytest.mark.parametrize("path", PATHS)
def test_methods_that_are_not_served(everything: Everything, path: str) -> None:
    routes = [route for route in ROUTES if route.path == path]
    at, allowed = everything.path(routes[0]), {route.method for route in routes}
    expected = allowed | ({"HEAD"} if "GET" in allowed else set())
    for method in {"PUT", "POST", "PATCH", "DELETE", "GET", "HEAD"} - expected:
        answer = everything.client.send(method, at)
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].split(", ")) - {"OPTIONS"} == expected
        if method != "HEAD":
            require(answer, 405, "method_not_allowed")
            assert method in answer.json["detail"]
    asked = everything.client.send("OPTIONS", at)
    assert set(asked.headers["Allow"].split(", ")) - {"OPTIONS"} == expected
    require(everything.client.send(routes[0].method, f"{at}/"), 404, "not_found")


@pytest.mark.parametrize("route", READS, ids=named)
def test_head_says_of_a_read_what_get_says_without_it(everything: Everything, route: Read) -> None:
    path, query = everything.path(route), QUERIES.get(route.path)
    read = everything.client.get(path, query_string=query)
    head = everything.client.send("HEAD", path, query_string=query)
    assert read.status_code == (200 if everything.has(route) else 404), read.text
    assert (head.status_code, head.content) == (read.status_code, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Ledger-Position"):
        assert head.headers.get(name) == read.headers.get(name), name


def test_files_that_nobody_reads_hold_no_connection(everything: Everything) -> None:
    for _ in range(40):
        assert everything.client.send("HEAD", "/exports/customers.csv").status_code == 200
    assert everything.client.get("/customers").status_code == 200


@pytest.mark.parametrize("ref", ["%00", "%ED%A0%80", "x", "", "a" * 3000, "exp_\U0001f4b8"])
def test_a_link_that_is_none(everything: Everything, ref: str) -> None:
    for query in ("", "account=%00", f"account={everything.ids['acct']}&expires=1&signature=%FF",
                  f"account={everything.ids['acct']}&expires={'9' * 5000}&signature=x",
                  f"account={everything.ids['acct']}&expires={'9' * 30}&signature=x"):  # fmt: skip
        answer = everything.client.get(f"/export_files/{ref}", query_string=query)
        assert answer.json["code"] in {"invalid_link", "not_found"}
        assert answer.status_code in {403, 404}
