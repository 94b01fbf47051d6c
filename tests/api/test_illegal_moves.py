"""Every status and every action that it does not allow: refused by its code, nothing recorded."""

from __future__ import annotations

from typing import Any

import pytest

from domain.subscriptions.states import MOVES, Move, Status
from tests.api.conftest import PLAN, open_client, open_shop
from tests.api.test_refusals import refused

FAR = "2030-01-01"
ACTIONS: dict[Move, tuple[str, str, Any]] = {
    Move.RESCHEDULE: ("POST", "/reschedule", {"start_date": FAR}),
    Move.BOOK: ("POST", "/renew", {}),
    Move.CHANGE_PLAN: ("POST", "/change_plan", {"plan_id": "other"}),
    Move.EXTEND: ("POST", "/extend", {"end_date": FAR}),
    Move.SUSPEND: ("POST", "/suspend", {"until": FAR}),
    Move.RECORD_USAGE: ("POST", "/usage", {"quantity": 1}),
    Move.UPDATE: ("PATCH", "", {"metadata": {"a": "b"}}),
    Move.CANCEL_AT_END: ("POST", "/cancel", {"mode": "period_end"}),
    Move.REACTIVATE: ("POST", "/reactivate", None),
    Move.CANCEL_NOW: ("POST", "/cancel", {"mode": "now"}),
    Move.RESTART: ("POST", "/restart", {}),
}
"""What a caller can ask for; the other moves are made by time and money."""

BY_THEMSELVES = {
    Move.START, Move.ACTIVATE, Move.GIVE_UP, Move.NOTE_DECLINE, Move.FALL_PAST_DUE,
    Move.BECOME_UNPAID, Move.RENEW, Move.BEGIN_EXTENSION, Move.EXPIRE, Move.HOLD, Move.REDEEM,
}  # fmt: skip
ILLEGAL = [(status, move) for status in Status for move in ACTIONS if status not in MOVES[move].to]


class Zoo:
    """One subscription in each status, all on 10 February."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.shop = shop = open_shop(client)
        other = {**PLAN, "product_id": shop.product["id"], "name": "Other", "amount": 100}
        self.other = client.made("/plans", other)["id"]
        club = client.made("/plans", {**other, "type": "membership"})["id"]
        path = f"/customers/{shop.customer['id']}/payment_methods"
        self.bad = client.made(path, {"token": "tok_chargeDeclined"})["id"]
        self.of = {
            Status.SCHEDULED: self.begun(start_date=FAR),
            Status.INCOMPLETE_EXPIRED: self.begun(payment_method_id=self.bad),
            Status.TRIALING: self.begun(trial_days=300),
            Status.ACTIVE: self.begun(),
            Status.EXTENDED: self.begun(),
            Status.UNPAID: self.begun(),
            Status.CANCELED: self.begun(),
            Status.EXPIRED: self.begun(plan_id=club, auto_renew=False),
        }
        client.made(f"{self.of[Status.CANCELED]}/cancel", {"mode": "now"})
        client.made(f"{self.of[Status.EXTENDED]}/extend", {"end_date": "2026-06-01"})
        client.patch(self.of[Status.UNPAID], {"payment_method_id": self.bad})
        client.made("/test_clock/advance", {"to": "2026-01-10"})
        self.of[Status.PAST_DUE] = self.begun()
        client.patch(self.of[Status.PAST_DUE], {"payment_method_id": self.bad})
        client.made("/test_clock/advance", {"to": "2026-02-10"})
        self.of[Status.INCOMPLETE] = self.begun(payment_method_id=self.bad)

    def begun(self, **fields: Any) -> str:
        return f"/subscriptions/{self.shop.subscribe(**fields).json['id']}"

    def ask(self, status: Status, move: Move) -> Any:
        method, verb, body = ACTIONS[move]
        if body and "plan_id" in body:
            body = {"plan_id": self.other}
        return self.client.send(method, f"{self.of[status]}{verb}", body)


@pytest.fixture(scope="module")
def zoo(app, services) -> Zoo:
    return Zoo(open_client(app, services))


def test_there_is_one_in_each_status_and_every_move_is_told(zoo):
    shown = {status: zoo.client.get(path).json["status"] for status, path in zoo.of.items()}
    assert shown == {status: status.value for status in Status}
    assert ACTIONS.keys() | BY_THEMSELVES == set(Move)


@pytest.mark.parametrize(("status", "move"), ILLEGAL)
def test_what_a_status_does_not_allow_is_refused(zoo, status, move):
    head = zoo.client.head
    refused(zoo.client, zoo.ask(status, move), 409, MOVES[move].code, head)


@pytest.mark.parametrize("status", MOVES[Move.REACTIVATE].to)
def test_what_was_not_cancelled_is_not_taken_back(zoo, status):
    head = zoo.client.head
    answer = zoo.ask(status, Move.REACTIVATE)
    refused(zoo.client, answer, 409, "subscription_not_reactivatable", head)


@pytest.mark.parametrize("status", Status)
def test_nothing_moves_in_another_account(zoo, app, services, status):
    head, stranger = zoo.client.head, open_client(app, services)
    for method, verb, body in ACTIONS.values():
        answer = stranger.send(method, f"{zoo.of[status]}{verb}", body)
        assert answer.status_code in {404, 422}
    assert zoo.client.head == head
