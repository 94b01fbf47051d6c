"""How long it takes to settle an invoice over HTTP: from its customer's balance, and by hand.

Sixteen clients, each with a customer of its own, whose invoices and credit are there before. The
least that a write is stands beside, in turns with it. The worker projects meanwhile, as deployed.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from bench.figures import at_most, plain
from bench.http import cuts, serving, shown
from bench.stage import analyze
from bench.wire import Wire
from bench.workers import working
from domain.commands.accounts import account_of, update_account
from domain.commands.act import Act
from domain.commands.balances import adjust_balance
from domain.commands.customers import NewCustomer, create_customer
from domain.commands.drafting import NewInvoice, create_invoice
from domain.commands.invoicing import issue_invoice
from domain.commands.manual_lines import NewLine
from domain.shared.recording import Context
from importer.following import finish
from parts import Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.figures import Figure
    from domain.application import Books

LIMIT_MS = 60
"""Of the slowest hundredth."""

CLIENTS = 16
TURNS = 100
_ROUNDS = 3
_WARMING = 5
_ACT = Act(Context("bench", "api"))


class Client(NamedTuple):
    """`invoices` are open ones of one customer, who has credit for all of them."""

    key: str
    invoices: list[str]


def settle(conninfo: str, turns: int = TURNS) -> list[Figure]:
    """Clients of one account, then each of its own."""
    return [each for accounts in (1, CLIENTS) for each in _served(conninfo, accounts, turns)]


def _served(conninfo: str, accounts: int, turns: int) -> Iterator[Figure]:
    clients = [each for _ in range(accounts) for each in _opened(conninfo, accounts, turns)]
    analyze(conninfo)
    with (
        serving(conninfo, "bench.bare:create_app()") as bare,
        serving(conninfo) as whole,
        working(conninfo),
    ):
        asked = {
            "bare Falcon, one read, one append": partial(_all, _append, bare, clients),
            "apply balance": partial(_all, _apply, whole, clients),
            "mark paid": partial(_all, _mark, whole, clients),
        }
        for each in asked.values():
            each(_WARMING)
        # In turns: what disturbs the machine disturbs all of them.
        rounds = [{name: each(turns) for name, each in asked.items()} for _ in range(_ROUNDS)]
    for name in asked:
        took = cuts([one for each in rounds for one in each[name]])
        told = f"{name}, {accounts} account(s)"
        if name.startswith("bare"):
            yield plain(told, shown(took))
        else:
            yield at_most(told, shown(took), took.p99_ms, LIMIT_MS)


def _opened(conninfo: str, accounts: int, turns: int) -> list[Client]:
    parts = Parts(conninfo, sandbox_live=True)
    opened = parts.open_account(_ACT, name="Desk", timezone="UTC", currency="USD", livemode=True)
    books = parts.desk(opened.account_id).books
    update_account(books, {"balance_auto_apply": "manual"}, _ACT)
    wanted = 2 * (_WARMING + _ROUNDS * turns)
    clients = [Client(opened.api_key, _owing(books, wanted)) for _ in range(CLIENTS // accounts)]
    finish(parts.connections, opened.account_id)
    parts.close()
    return clients


def _owing(books: Books, invoices: int) -> list[str]:
    account, customer = account_of(books), create_customer(books, NewCustomer(), _ACT).ref
    adjust_balance(books, account, customer, 10**9, "USD", "bench", _ACT)
    line = NewLine(description="Back issue", unit_amount=1500)
    new = NewInvoice(customer_id=customer, currency="USD", lines=[line])
    drafts = [create_invoice(books, account, new, _ACT).ref for _ in range(invoices)]
    return [issue_invoice(books, {}, account, ref, _ACT)[0].ref for ref in drafts]


def _all(
    send: Callable[[Wire, Client], None], port: int, clients: list[Client], turns: int
) -> list[float]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        timed = pool.map(lambda client: _timed(send, port, client, turns), clients)
        return [one for each in timed for one in each]


def _timed(
    send: Callable[[Wire, Client], None], port: int, client: Client, turns: int
) -> list[float]:
    """One kept connection, one request after another."""
    connection, took = Wire(port), []
    for _ in range(turns):
        began = time.perf_counter()
        send(connection, client)
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took


def _append(connection: Wire, client: Client) -> None:
    _sent(connection, "/append", client, {"first_name": "Ada"})


def _apply(connection: Wire, client: Client) -> None:
    _settled(connection, client, "apply_balance", {})


def _mark(connection: Wire, client: Client) -> None:
    _settled(connection, client, "mark_paid", {"reference": "check 1", "category": "check"})


def _settled(connection: Wire, client: Client, verb: str, body: dict[str, str]) -> None:
    path = f"/core/v1/invoices/{client.invoices.pop()}/{verb}"
    answer = _sent(connection, path, client, body)
    if answer.get("status") != "paid":
        raise RuntimeError(f"{verb} left it {answer}")


def _sent(connection: Wire, path: str, client: Client, body: dict[str, str]) -> dict[str, Any]:
    headers = {
        "Authorization": f"Bearer {client.key}",
        "Content-Type": "application/json",
        "Idempotency-Key": uuid4().hex,
    }
    sent = connection.ask("POST", path, json.dumps(body).encode(), headers)
    answer: dict[str, Any] = json.loads(sent.body)
    return answer
