"""Two requests of a process are worked on at once, the others in the order of their arrival."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Thread
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

from api.app import create_app
from api.gate import Gate
from domain.catalog.compiler import BuiltIn
from tests.api.conftest import PLAN, PRODUCT, open_client
from tests.api.test_ai_plans import FIXED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.services import Summary
    from domain.accounts.account import Account
    from domain.catalog.billing_agent import Prompt
    from domain.payments.gateway import Gateway

FOR_EVER = 30.0


class Guest:
    """A thread that goes in, and out again when it is told to."""

    def __init__(self, gate: Gate) -> None:
        self.inside, self._out = Event(), Event()
        self._thread = Thread(target=self._go, args=(gate,), daemon=True)
        self._thread.start()

    def _go(self, gate: Gate) -> None:
        gate.enter()
        self.inside.set()
        self._out.wait(FOR_EVER)
        gate.leave()

    def go(self) -> None:
        self._out.set()
        self._thread.join(FOR_EVER)


def guests(gate: Gate, number: int) -> list[Guest]:
    """In their order."""
    made = []
    for _ in range(number):
        made.append(Guest(gate))
        made[-1].inside.wait(0.05)
    return made


def inside(of: list[Guest]) -> list[bool]:
    return [each.inside.is_set() for each in of]


def test_others_wait_in_the_order_of_their_arrival():
    made = guests(Gate(2, FOR_EVER), 4)
    assert inside(made) == [True, True, False, False]
    made[1].go()
    assert made[2].inside.wait(FOR_EVER)
    assert inside(made) == [True, True, True, False]
    made[0].go()
    assert made[3].inside.wait(FOR_EVER)
    for each in made:
        each.go()


def test_who_waited_long_goes_in_all_the_same_and_takes_nobodys_place():
    gate = Gate(1, 0.05)
    first, second = guests(gate, 2)
    assert second.inside.wait(FOR_EVER)
    second.go()
    first.go()
    made = guests(gate, 1)
    assert inside(made) == [True]
    made[0].go()


def test_who_waits_for_somebody_outside_leaves_its_place_and_leaves_it_once():
    gate = Gate(1, FOR_EVER)
    gate.enter()
    gate.leave()
    gate.leave()
    made = guests(gate, 2)
    assert inside(made) == [True, False]
    for each in made:
        each.go()


def test_without_places_nobody_waits():
    made = guests(Gate(0), 5)
    assert all(inside(made))
    for each in made:
        each.go()


def test_no_place_is_lost_among_many():
    gate = Gate(2, 0.002)  # many lose patience just when it is their turn

    def work(_: int) -> None:
        gate.enter()
        sleep(0.001)
        gate.leave()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(500)))
    made = guests(gate, 2)
    assert inside(made) == [True, True]
    for each in made:
        each.go()


def is_free(gate: Gate) -> bool:
    """For another thread."""
    (guest,) = guests(gate, 1)
    found = guest.inside.is_set()
    guest.go()
    return found


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/account", 200),
        ("GET", "/nothing", 404),
        ("GET", "/customers?nonsense=1", 422),
        ("PUT", "/customers", 405),
        ("POST", "/customers", 201),
    ],
)
def test_every_answer_leaves_its_place(services, method, path, status):
    gate = Gate(1, 1.0)
    client = open_client(create_app(replace(services, gate=gate)), services)
    assert client.send(method, path).status_code == status
    assert is_free(gate)


def test_while_somebody_outside_is_asked_others_are_served(services):
    gate, free = Gate(1, 1.0), {}

    def gateways_of(account: Account) -> Mapping[str, Gateway]:
        free["gateway"] = is_free(gate)
        return services.gateways_of(account)

    def advance(*asked: Any) -> Summary:
        free["clock"] = is_free(gate)
        return services.advance(*asked)

    class Agent(BuiltIn):
        def compile(self, prompt: Prompt) -> Mapping[str, Any]:
            free["agent"] = is_free(gate)
            return super().compile(prompt)

    given = {"gateways_of": gateways_of, "advance": advance, "billing_agent": Agent()}
    client = open_client(create_app(replace(services, gate=gate, **given)), services)
    customer = client.made("/customers", {})
    client.made(f"/customers/{customer['id']}/payment_methods", {"token": "tok_visa"})
    product = client.made("/products", PRODUCT)
    client.made("/plans", {**PLAN, "product_id": product["id"], "billing_prompt": FIXED})
    client.made("/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
    assert free == {"gateway": True, "clock": True, "agent": True}
