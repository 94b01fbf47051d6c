"""Ten thousand members on one subscription, over HTTP: what each call takes beside the first ones.

A subscription counts its seats and knows none of its members, so nothing should grow with them.
"""

from __future__ import annotations

import json
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.figures import at_most, plain
from bench.http import serving
from bench.wire import Wire
from domain.commands.act import Act
from domain.shared.recording import Context
from parts import Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.figures import Figure
    from importer.outcome import Watch

AT_ONCE = 100
GROWTH = 2.0
"""How much longer than with the first members a call may take."""

LIMIT_MS = 100
_TIMES = 15
_BASE = "/core/v1"
_PLAN = {
    "name": "Club", "amount": 3100, "currency": "USD", "interval": "month", "type": "membership",
}  # fmt: skip


class Caller:
    """One kept connection. `took` are the milliseconds of the last call."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = Wire(port)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.took = 0.0

    def get(self, path: str) -> dict[str, Any]:
        return self._sent("GET", path, b"")

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._sent("POST", path, json.dumps(body).encode())

    def _sent(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        began = time.perf_counter()
        answer = self._connection.ask(method, _BASE + path, body, self._headers)
        read: dict[str, Any] = json.loads(answer.body)
        self.took = (time.perf_counter() - began) * 1000
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {read}")
        return read


def members(conninfo: str, watch: Watch, number: int = 10_000) -> list[Figure]:
    parts = Parts(conninfo)
    act = Act(Context("bench", "api"))
    opened = parts.open_account(act, name="Club", timezone="UTC", currency="USD", livemode=False)
    parts.close()
    with serving(conninfo) as port:
        caller = Caller(port, opened.api_key)
        club = _begun(caller)
        _invited(caller, club, "warm", _TIMES)  # and what the first requests of a process cost
        few = _round(caller, club)
        watch.stage("members invited", number)
        inviting = []
        for at in range(number // AT_ONCE):
            inviting += _invited(caller, club, f"a{at}", 1)
            watch.moved(AT_ONCE)
        many = _round(caller, club)
    return list(_figures(number, inviting, few, many))


def _begun(caller: Caller) -> str:
    """The path of a subscription to a plan without a limit of seats."""
    customer = caller.post("/customers", {"email": "owner@example.org"})["id"]
    caller.post("/payment_methods", {"customer_id": customer, "token": "tok_visa"})
    product = caller.post("/products", {"name": "Club"})["id"]
    plan = caller.post("/plans", {**_PLAN, "product_id": product})["id"]
    sold = caller.post("/subscriptions", {"customer_id": customer, "plan_id": plan})
    return f"/subscriptions/{sold['id']}"


def _invited(caller: Caller, club: str, name: str, times: int) -> list[float]:
    took = []
    for turn in range(times):
        people = [{"email": f"{name}-{turn}-{each}@example.org"} for each in range(AT_ONCE)]
        caller.post(f"{club}/members", {"members": people})
        took.append(caller.took)
    return took


def _round(caller: Caller, club: str) -> dict[str, float]:
    """Medians of every call on the subscription as it stands; it is restarted at the end."""
    someone = caller.get(f"{club}/members?limit=50")["data"][0]
    waiting = (each["id"] for each in caller.get(f"{club}/members?limit=50")["data"])
    reads: dict[str, Callable[[], Any]] = {
        "list of 50 members": lambda: caller.get(f"{club}/members?limit=50"),
        "one found by e-mail": lambda: caller.get(f"/memberships?email={someone['email']}"),
        "accept": lambda: caller.post(f"{club}/members/{next(waiting)}/accept", {}),
        "the subscription": lambda: caller.get(club),
        "cancel at its end": lambda: caller.post(f"{club}/cancel", {"mode": "period_end"}),
        "reactivate": lambda: caller.post(f"{club}/reactivate", {}),
        "a member's updates": lambda: caller.get(
            f"/memberships/{someone['id']}/subscription_updates"
        ),
    }
    took: dict[str, list[float]] = {name: [] for name in (*reads, "restart")}
    for _ in range(_TIMES):
        for name, call in reads.items():
            call()
            took[name].append(caller.took)
    for _ in range(3):
        caller.post(f"{club}/cancel", {"mode": "period_end"})
        end = caller.get(club)["current_period_end"]
        caller.post("/test_clock/advance", {"to": end})
        caller.post(f"{club}/restart", {})
        took["restart"].append(caller.took)
    return {name: median(each) for name, each in took.items()}


def _figures(
    number: int, inviting: list[float], few: dict[str, float], many: dict[str, float]
) -> Iterator[Figure]:
    tenth = max(len(inviting) // 10, 1)
    first, last = median(inviting[:tenth]), median(inviting[-tenth:])
    yield plain("members on one subscription", f"{number:,}")
    yield at_most(
        "100 invited at once, the last ones", f"{last:.1f} ms", last / first, GROWTH,
        f"{last / first:.2f} × the first ones ({first:.1f} ms)",
    )  # fmt: skip
    for name, took in many.items():
        beside = f"{took / few[name]:.2f} × with the first ones ({few[name]:.1f} ms)"
        yield at_most(name, f"{took:.1f} ms", took, LIMIT_MS, beside)
