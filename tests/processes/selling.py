"""Clients that sell over HTTP whatever breaks: each asks under one key until it has an answer."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

_AGAIN = {"request_in_progress", "payment_in_progress", "concurrent_change"}
_PATIENCE_SECONDS = 90
_TOKENS = ("tok_visa", "tok_chargeDeclined", "tok_timeout")
_LINE = {"description": "Back issue", "unit_amount": 1500}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    replayed: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A request with the answer that it had in the end."""

    key: str
    path: str
    sent: dict[str, Any]
    answer: Answer


@dataclass
class Shop:
    """One account's address and key; `unexpected` are the answers that nothing excuses."""

    port: int
    api_key: str
    unexpected: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, sent: Any = None, key: str | None = None) -> Answer:
        """Raises OSError or HTTPException where no answer came."""
        headers = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/core/v1{path}",
            None if sent is None else json.dumps(sent).encode(),
            headers if key is None else {**headers, "Idempotency-Key": key},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as got:
                replayed = got.headers["Idempotency-Replayed"] == "true"
                return Answer(got.status, json.load(got), replayed)
        except urllib.error.HTTPError as refused:
            replayed = refused.headers["Idempotency-Replayed"] == "true"
            return Answer(refused.code, json.load(refused), replayed)

    def insist(self, path: str, sent: dict[str, Any], key: str) -> Told:
        """Until it is done or refused for good; the same request and key each time."""
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            try:
                answer = self.ask("POST", path, sent, key)
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
                continue
            if answer.status < 300 or answer.status == 402:
                return Told(key, path, sent, answer)
            if answer.status != 503 and answer.body["code"] not in _AGAIN:
                self.unexpected.append(f"{path} {key}: {answer.body}")
                if answer.status != 500:
                    break
            time.sleep(0.1)
        raise AssertionError(f"{path} {key} was never answered")


class Seller(Thread):
    """Sells until told to stop, one customer after the other, and keeps what it was told."""

    def __init__(self, shop: Shop, plan_id: str, name: str, stop: Event) -> None:
        super().__init__(name=name)
        self._shop = shop
        self._plan_id = plan_id
        self._told_to_stop = stop
        self.told: list[Told] = []
        self.failed: BaseException | None = None

    def run(self) -> None:
        number = 0
        try:
            while not self._told_to_stop.is_set():
                self._sell(f"{self.name}-{number}", _TOKENS[number % len(_TOKENS)])
                number += 1
        except BaseException as error:  # noqa: BLE001 - told where the thread is joined
            self.failed = error

    def _sell(self, mark: str, token: str) -> None:
        customer = self._ask("/customers", mark, email=f"{mark}@example.org", **_marked(mark))
        self._ask(f"/customers/{customer['id']}/payment_methods", f"{mark}-card", token=token)
        terms = {"customer_id": customer["id"], "plan_id": self._plan_id, **_marked(mark)}
        self._ask("/subscriptions", f"{mark}-sub", **terms)
        for way in ("charge", "mark_paid"):
            self._invoice(customer["id"], f"{mark}-{way}", way)

    def _invoice(self, customer_id: str, mark: str, way: str) -> None:
        lines = {"currency": "USD", "lines": [_LINE]}
        drafted = self._ask("/invoices", mark, customer_id=customer_id, **lines, **_marked(mark))
        self._ask(f"/invoices/{drafted['id']}/issue", f"{mark}-issue")
        paid = {} if way == "charge" else {"reference": mark, "category": "check"}
        self._ask(f"/invoices/{drafted['id']}/{way}", f"{mark}-paid", **paid)

    def _ask(self, path: str, key: str, **sent: Any) -> dict[str, Any]:
        self.told.append(self._shop.insist(path, sent, key))
        return self.told[-1].answer.body


def _marked(mark: str) -> dict[str, Any]:
    return {"metadata": {"mark": mark}}
