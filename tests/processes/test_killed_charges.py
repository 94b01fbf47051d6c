"""The process dies with a charge under way at Stripe: it is charged once, its invoice paid."""

from __future__ import annotations

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest

from store.embedded import embedded_server
from tests.gateways.standins import KEY
from tests.processes.running import PROGRAM, Run, eventually, running
from tests.processes.selling import Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gateways.standins import StripeStandIn

CHARGES = "/v1/payment_intents"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stripe") / "gateways.toml"


@pytest.fixture(scope="module")
def run(file: Path, monkeypatch_module: pytest.MonkeyPatch) -> Iterator[Run]:
    file.write_text("")
    monkeypatch_module.setenv("SUBLEDGER_GATEWAYS", str(file))
    with running(file.parent / "data") as run:
        yield run


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def shop(run: Run, file: Path, stripe_standin: StripeStandIn) -> Shop:
    words = [PROGRAM, "account", "create", "--test", "--name", "Killed", "--timezone", "UTC"]
    made = json.loads(subprocess.check_output(words, env=run.environment))
    base = stripe_standin.base
    named = f'[{made["account_id"]}.stripe]\nsecret_key = "{KEY}"\napi_base = "{base}"\n'
    file.write_text(named)
    return Shop(run.port, made["api_key"])


def owed(shop: Shop, mark: str) -> str:
    customer = shop.insist("/customers", {}, f"{mark}-customer").answer.body["id"]
    card = {"gateway": "stripe", "token": "pm_card_visa"}
    shop.insist(f"/customers/{customer}/payment_methods", card, f"{mark}-card")
    line = {"description": "Back issue", "unit_amount": 1500}
    draft = {"customer_id": customer, "currency": "USD", "lines": [line]}
    invoice = str(shop.insist("/invoices", draft, f"{mark}-draft").answer.body["id"])
    shop.insist(f"/invoices/{invoice}/issue", {}, f"{mark}-issue")
    return invoice


def kill_everything_but_the_database(run: Run) -> None:
    for each in run.family():
        words = " ".join(_words(each))
        if "postgres" not in words:
            each.kill()
    run.process.wait()
    run.start()
    eventually(run.is_ready, run.log.read_text())


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return ["postgres"]


def resumed(shop: Shop, standin: StripeStandIn, invoice: str, to: str) -> None:
    """A test account's clock looks up at once what is unanswered."""
    asked: dict[str, Any] = {"to": to}
    shop.insist("/test_clock/advance", asked, f"advance-{to}")
    assert shop.ask("GET", f"/invoices/{invoice}").body["status"] == "paid"
    (payment,) = shop.ask("GET", f"/payments?invoice_id={invoice}").body["data"]
    assert payment["status"] == "succeeded"
    assert standin.charges(payment["id"]) == 1


def now(shop: Shop, days: int) -> str:
    clock = shop.ask("GET", "/test_clock").body["now"]
    return f"{int(clock[:4]) + days}{clock[4:10]}T00:00:00Z"


def test_killed_between_the_intent_and_the_answer(
    run: Run, shop: Shop, stripe_standin: StripeStandIn
) -> None:
    """Stripe hears of it only after we are dead, perhaps after we asked again."""
    invoice = owed(shop, "intent")
    stripe_standin.fail(CHARGES, "late", seconds=4, times=1)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(shop.insist, f"/invoices/{invoice}/charge", {}, "intent-charge")
        eventually(lambda: _started(shop, invoice), "no intent")
        kill_everything_but_the_database(run)
        resumed(shop, stripe_standin, invoice, now(shop, 1))
        assert told.result().answer.body["status"] in {"paid", "processing"}


def test_killed_between_the_answer_and_its_save(
    run: Run, shop: Shop, stripe_standin: StripeStandIn
) -> None:
    """The account's head is held, so that the outcome cannot be saved before the end. Until the
    gateway answers, the worker shows the intent: within two seconds, as it leaves writers time.
    """
    invoice = owed(shop, "save")
    stripe_standin.fail(CHARGES, "held", seconds=4, times=1)
    with (
        embedded_server(run.data_dir) as server,
        psycopg.connect(server.url) as held,
        ThreadPoolExecutor(1) as pool,
    ):
        told = pool.submit(shop.insist, f"/invoices/{invoice}/charge", {}, "save-charge")
        eventually(lambda: _started(shop, invoice), "no intent")
        held.execute("SELECT FROM heads FOR UPDATE")
        time.sleep(4.2)
        kill_everything_but_the_database(run)
        held.rollback()
        resumed(shop, stripe_standin, invoice, now(shop, 2))
        assert told.result().answer.body["status"] in {"paid", "processing"}


def _started(shop: Shop, invoice: str) -> bool:
    found = shop.ask("GET", f"/payments?invoice_id={invoice}").body["data"]
    return [each["status"] for each in found] == ["started"]
