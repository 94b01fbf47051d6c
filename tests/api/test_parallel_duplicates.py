"""Every kind of write, sent several times at once under one key: it is done once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from api.route import Write
from api.routes import ROUTES
from tests.api.conftest import open_client
from tests.api.everything import Everything, fill

if TYPE_CHECKING:
    from falcon.testing import Result

    from api.services import Services

TIMES = 4
WRITES: list[Write] = [
    route for route in ROUTES
    if isinstance(route, Write) and not route.bearer and not route.path.endswith("/advance")
]  # fmt: skip


@pytest.fixture(scope="module")
def everything(app: Any, services: Services) -> Everything:
    return fill(open_client(app, services))


def last(route: Any) -> bool:
    """Whatever the others need is deleted after them."""
    return route.method == "DELETE"


@pytest.mark.parametrize(
    "route", sorted(WRITES, key=last), ids=lambda route: f"{route.method} {route.path}"
)
def test_parallel_duplicates_are_one_write(everything: Everything, route: Write) -> None:
    client, key = everything.client, uuid4().hex
    path, body = everything.fresh(route), everything.body(route)

    def send(at: int) -> Result:
        sent = {"X-Request-Id": f"{key}-{at}"}
        return client.send(route.method, path, body, key=key, headers=sent)

    before = client.head
    with ThreadPoolExecutor(TIMES) as pool:
        answers = list(pool.map(send, range(TIMES)))
    assert {each.status_code < 500 for each in answers} == {True}, [a.text for a in answers]
    done = [each for each in answers if each.status_code < 300]
    busy = [each for each in answers if each.json.get("code") == "request_in_progress"]
    if client.head == before:
        assert len({each.status_code for each in answers}) == 1
        return
    assert len(done) + len(busy) == TIMES, [each.text for each in answers]
    assert len([each for each in done if "Idempotency-Replayed" not in each.headers]) == 1
    told = client.get("/events", params={"idempotency_key": key, "limit": "100"}).json["data"]
    assert len({each["request_id"] for each in told}) == 1
    again = send(TIMES)
    assert again.headers["Idempotency-Replayed"] == "true"
    shown = [without_secrets(each.json) for each in done]
    assert [each == without_secrets(again.json) for each in shown] == [True] * len(shown)


def without_secrets(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in {"secret", "token"}}
