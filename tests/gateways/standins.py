"""Stand-ins of gateways that tests start, break and look into."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import requests

from gateways.stripe import Stripe
from gateways.stripe_names import PAYMENT, REFUND
from settings import CHECKOUT
from tests.processes.running import eventually, free_port

KEY = "sk_test_standin"


class StripeStandIn:
    """localstripe in a process of its own, on a free port."""

    def __init__(self) -> None:
        self.base = f"http://127.0.0.1:{free_port()}"
        self.cards = 0

    def __enter__(self) -> StripeStandIn:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.gateways.stripe_double", self.base.rpartition(":")[2]],
            cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        eventually(self._answers, "localstripe does not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.base}/_config/kept", timeout=1).ok
        except requests.ConnectionError:
            return False

    def adapter(self, account_id: str, secret: str = "whsec_test") -> Stripe:
        return Stripe(KEY, account_id, [secret], self.base, call_seconds=0.5)

    def card(self, number: str) -> str:
        """A payment method as Stripe's script in a browser makes it."""
        wanted = {
            "type": "card", "card[number]": number, "card[exp_month]": "12",
            "card[exp_year]": "2034", "card[cvc]": "123",
        }  # fmt: skip
        return str(self.post("/v1/payment_methods", wanted)["id"])

    def post(self, path: str, sent: dict[str, str]) -> dict[str, Any]:
        answer = requests.post(f"{self.base}{path}", data=sent, auth=(KEY, ""), timeout=5)
        read: dict[str, Any] = answer.json()
        assert answer.ok, read
        return read

    def fail(self, path: str, kind: str, *, seconds: float = 0.7, times: int = 2) -> None:
        """Twice: also when the library asks again by itself."""
        for _ in range(times):
            self._fault({"path": path, "kind": kind, "seconds": seconds})

    def say(self, path: str, status: int, body: str, *, method: str = "POST") -> None:
        """The next answer, whatever was done."""
        self._fault({
            "path": path, "method": method, "kind": "said", "status": status, "body": body,
        })  # fmt: skip

    def _fault(self, fault: Any) -> None:
        requests.post(f"{self.base}/_config/fault", json=fault, timeout=5)

    def dispute(self, **fields: Any) -> dict[str, Any]:
        """As it stands at Stripe from now on."""
        fields = {"amount": 3100, "currency": "usd", "reason": "fraudulent", **fields}
        answer = requests.post(f"{self.base}/_config/dispute", json=fields, timeout=5)
        made: dict[str, Any] = answer.json()
        return made

    def change(self, ref: str, **fields: Any) -> None:
        """What an object becomes by itself."""
        requests.post(f"{self.base}/_config/change", json={"id": ref, **fields}, timeout=5)

    def kept(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.base}/_config/kept", timeout=5).json()
        return found

    def charges(self, payment_id: str) -> int:
        return len([
            each for each in self.kept()
            if each["metadata"].get(PAYMENT) == payment_id and each["status"] == "succeeded"
        ])  # fmt: skip

    def repaid(self, refund_id: str) -> int:
        return sum(
            each["amount"] for each in self.kept() if each["metadata"].get(REFUND) == refund_id
        )
