"""Whatever is killed under load: what was acknowledged is there, once, and the books are right."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.processes.running import PROGRAM, Run, eventually, running
from tests.processes.selling import Seller, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes.selling import Told

CLIENTS = 8
VICTIMS = ("web worker", "web", "worker", "scheduler", "postmaster", "backend", "everything")
ONCE = {
    "customer.created", "invoice.created", "invoice.issued", "payment.started", "payment.recorded",
    "payment.succeeded", "payment.failed",
}  # fmt: skip
ROUNDS = int(os.environ.get("KILL_ROUNDS", "1"))
SEED = int(os.environ.get("KILL_SEED", "0")) or random.randrange(10**6)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(tmp_path_factory.mktemp("kills") / "data", web_workers=2) as run:
        yield run


def command(run: Run, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *words], env=run.environment, capture_output=True, text=True, check=False
    )


def opened(run: Run) -> dict[str, str]:
    made = command(run, "account", "create", "--name", "Kills", "--timezone", "UTC")
    assert made.returncode == 0, made.stderr
    account: dict[str, str] = json.loads(made.stdout)
    return account


def kill(run: Run, victim: str, dice: random.Random) -> None:
    if victim == "everything":
        for each in run.family():
            _kill(each)
        run.process.wait()
        run.start()
        return
    _kill(*_some(run, victim, dice))


def _some(run: Run, victim: str, dice: random.Random) -> list[psutil.Process]:
    family = run.family()
    named = {each: " ".join(_words(each)) for each in family}
    web = [each for each, words in named.items() if "gunicorn" in words]
    fitting = {
        "web": [each for each in web if each.ppid() == run.process.pid],
        "web worker": [each for each in web if each.ppid() != run.process.pid],
        "postmaster": [each for each, words in named.items() if "postgres -D" in words],
        "backend": [each for each, words in named.items() if words.startswith("postgres: ")],
    }.get(victim) or [each for each, words in named.items() if f"subledger {victim}" in words]
    return [dice.choice(fitting)] if fitting else []


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _kill(*processes: psutil.Process) -> None:
    for each in processes:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            pass


def test_nothing_acknowledged_is_lost_or_doubled(run: Run) -> None:
    """KILL_SEED repeats an order of kills, KILL_ROUNDS makes it longer."""
    dice = random.Random(SEED)
    account = opened(run)
    shop = Shop(run.port, account["api_key"])
    plan_id = _plan(shop)
    stop = Event()
    sellers = [Seller(shop, plan_id, f"s{number}", stop) for number in range(CLIENTS)]
    for seller in sellers:
        seller.start()
    try:
        for _ in range(ROUNDS):
            for victim in dice.sample(VICTIMS, len(VICTIMS)):
                wait_for_answers(run, sellers, 2 * CLIENTS)
                time.sleep(dice.uniform(0, 0.5))
                kill(run, victim, dice)
        wait_for_answers(run, sellers, CLIENTS)
    finally:
        stop.set()
        for seller in sellers:
            seller.join()
    told = [each for seller in sellers for each in seller.told]
    assert [seller.failed for seller in sellers if seller.failed] == [], f"seed {SEED}"
    assert shop.unexpected == []
    eventually(run.is_ready, run.log.read_text())
    settle(shop)
    replays_are_the_first_answers(shop, told)
    everything_told_is_there(shop, told)
    nothing_is_there_twice(run, account["account_id"], told)
    no_number_is_missing(shop)
    verified = command(run, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def wait_for_answers(run: Run, sellers: list[Seller], more: int) -> None:
    wanted = sum(len(seller.told) for seller in sellers) + more
    eventually(lambda: sum(len(seller.told) for seller in sellers) >= wanted, run.log.read_text())


def _plan(shop: Shop) -> str:
    product = shop.insist("/products", {"name": "Paper"}, "product").answer.body["id"]
    terms = {"product_id": product, "name": "Monthly", "amount": 3100, "currency": "USD"}
    plan: str = shop.insist("/plans", {**terms, "interval": "month"}, "plan").answer.body["id"]
    return plan


def settle(shop: Shop) -> None:
    """Moving the clock looks up what was never answered."""
    now = shop.ask("GET", "/test_clock").body["now"]
    shop.insist("/test_clock/advance", {"to": now}, "settle")
    assert _pages(shop, "/payments?status=started") == []


def replays_are_the_first_answers(shop: Shop, told: list[Told]) -> None:
    with ThreadPoolExecutor(CLIENTS) as asking:
        again = asking.map(lambda each: shop.ask("POST", each.path, each.sent, each.key), told)
    for each, answer in zip(told, again, strict=True):
        assert answer.replayed or answer.status == 402, each
        expected = {**each.answer.body, "request_id": None}
        assert {**answer.body, "request_id": None} == expected, each


def everything_told_is_there(shop: Shop, told: list[Told]) -> None:
    by_key = {each.key: each for each in told}
    shown = {
        each["id"]: each
        for kind in ("customers", "payment_methods", "subscriptions", "invoices")
        for each in _pages(shop, f"/{kind}?limit=100")
    }
    for each in told:
        if each.answer.status == 402:
            continue
        there = shown[each.answer.body["id"]]
        if each.path == "/subscriptions":
            declined = _token_of(each, by_key) == "tok_chargeDeclined"
            assert there["status"] == ("incomplete" if declined else "active")
        elif each.key.endswith("-paid"):
            assert there["status"] == "paid"
    refused = [each for each in told if each.answer.status == 402]
    assert {_token_of(each, by_key) for each in refused} <= {"tok_chargeDeclined"}


def no_number_is_missing(shop: Shop) -> None:
    numbers = [each["number"] for each in _pages(shop, "/invoices?limit=100")]
    given = sorted(number for number in numbers if number is not None)
    assert given == [f"INV-{number:06}" for number in range(1, len(given) + 1)]


def _token_of(each: Told, by_key: dict[str, Told]) -> Any:
    """Of the card that this customer has: keys begin with the customer's."""
    return by_key["-".join(each.key.split("-")[:2]) + "-card"].sent["token"]


def _pages(shop: Shop, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = shop.ask("GET", path)
    while True:
        assert page.status == 200, page.body
        rows += page.body["data"]
        if page.body["next_cursor"] is None:
            return rows
        joint = "&" if "?" in path else "?"
        page = shop.ask("GET", f"{path}{joint}cursor={page.body['next_cursor']}")


def nothing_is_there_twice(run: Run, account: str, told: list[Told]) -> None:
    """As many of each kind in the log as were asked for, and each payment settled once."""
    events = subprocess.run(
        [PROGRAM, "replay", "--account", account], env=run.environment,
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    heads = [line.split() for line in events.splitlines() if line.startswith("#")]
    counted = Counter((words[3], words[4]) for words in heads)
    assert [pair for pair, count in counted.items() if pair[0] in ONCE and count > 1] == []
    kinds = Counter(topic for topic, _ in counted.elements())
    asked = Counter(each.path.split("/")[-1] for each in told)
    assert kinds["customer.created"] == asked["customers"]
    assert kinds["subscription.created"] == asked["subscriptions"]
    assert kinds["payment_method.created"] == asked["payment_methods"]
    assert kinds["invoice.created"] == asked["invoices"] + asked["subscriptions"]
    assert kinds["payment.started"] == asked["charge"] + asked["subscriptions"]
    assert kinds["payment.recorded"] == asked["mark_paid"]
    settled = kinds["payment.succeeded"] + kinds["payment.failed"]
    assert settled == kinds["payment.started"]
