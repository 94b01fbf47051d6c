"""How long a subscription with its first charge takes over HTTP, beside the least that a write is.

Product, plan and customers with cards are there before. The worker projects beside, as deployed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from bench.figures import at_most, plain
from bench.http import CLIENTS, Cuts, cuts, serving, shown
from bench.wire import Wire
from bench.workers import working
from domain.commands.act import Act
from domain.commands.catalog import NewPlan, NewProduct, create_plans, create_products
from domain.commands.customers import NewCard, NewCustomer, create_customers
from domain.shared.period import Interval
from domain.shared.recording import Context
from importer.following import finish
from parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Figure

LIMIT_MS = 100
"""Of the slowest hundredth."""

TURNS = 100
_WARMING = 10
_ROUNDS = 3
_ACT = Act(Context(actor="bench", channel="import", reason="bench"))


class Client(NamedTuple):
    """`customers` have a card each and no subscription yet."""

    key: str
    plan: str
    customers: list[str]


class Timed(NamedTuple):
    milliseconds: list[float]
    wrong: int


Send = Callable[[Wire, Client], bool]


def subscribe(conninfo: str, turns: int = TURNS) -> list[Figure]:
    """Clients of one account, then each of its own."""
    return [each for accounts in (1, CLIENTS) for each in _served(conninfo, accounts, turns)]


def _served(conninfo: str, accounts: int, turns: int) -> Iterator[Figure]:
    each = CLIENTS // accounts
    clients = [shop for _ in range(accounts) for shop in _opened(conninfo, each, turns)]
    with (
        serving(conninfo, "bench.bare:create_app()") as bare,
        serving(conninfo) as whole,
        working(conninfo),
    ):
        both = (partial(_all, _append, bare, clients), partial(_all, _subscribe, whole, clients))
        for warm in both:
            warm(_WARMING)
        # In turns: what disturbs the machine disturbs both.
        rounds = [[measure(turns) for measure in both] for _ in range(_ROUNDS)]
    least, taken = (
        [one for part in column for one in part] for column in zip(*rounds, strict=True)
    )
    yield from _figures(accounts, _cut(least), _cut(taken), sum(each.wrong for each in taken))


def _figures(accounts: int, bare: Cuts, whole: Cuts, wrong: int) -> Iterator[Figure]:
    yield plain(f"bare Falcon, one read, one append, {accounts} account(s)", shown(bare))
    yield at_most(
        f"subscription with its charge, {accounts} account(s)", shown(whole), whole.p99_ms,
        LIMIT_MS, f"{whole.median_ms / bare.median_ms:.1f} × bare Falcon (medians)",
    )  # fmt: skip
    yield at_most("subscriptions not active at once", f"{wrong}", wrong, 0)


def _cut(timed: list[Timed]) -> Cuts:
    return cuts([each for one in timed for each in one.milliseconds])


def _opened(conninfo: str, clients: int, turns: int) -> list[Client]:
    """An account's clients, each with customers of its own."""
    parts = Parts(conninfo, sandbox_live=True)
    opened = parts.open_account(_ACT, name="Shop", timezone="UTC", currency="USD", livemode=True)
    desk = parts.desk(opened.account_id)
    books = desk.books
    create_products(books, [NewProduct(name="The Paper", old_provider_id="P")], _ACT)
    plan = NewPlan(
        name="Monthly", amount=3100, currency="USD", interval=Interval.MONTH,
        product_old_provider_id="P", old_provider_id="M", entitlements=("premium",),
    )  # fmt: skip
    create_plans(books, [plan], _ACT)
    wanted = clients * (_WARMING + _ROUNDS * turns)
    create_customers(books, desk.gateways, [_buyer(number) for number in range(wanted)], _ACT)
    finish(parts.connections, opened.account_id)
    owners = books.owners_of("cus.old_provider_id", [f"C{number}" for number in range(wanted)])
    customers = [books.ref_of(each, "cus") for each in owners.values()]
    (named,) = books.owners_of("plan.old_provider_id", ["M"]).values()
    plan_ref = books.ref_of(named, "plan")
    parts.close()
    return [Client(opened.api_key, plan_ref, customers[at::clients]) for at in range(clients)]


def _buyer(number: int) -> tuple[NewCustomer, NewCard]:
    new = NewCustomer(
        old_provider_id=f"C{number}", email=f"reader{number}@example.org", first_name="Reader"
    )
    return new, NewCard(token="tok_visa")


def _all(send: Send, port: int, clients: list[Client], turns: int) -> list[Timed]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(lambda client: _timed(send, port, client, turns), clients))


def _timed(send: Send, port: int, client: Client, turns: int) -> Timed:
    """One kept connection, one request after another."""
    connection = Wire(port)
    took, wrong = [], 0
    for _ in range(turns):
        began = time.perf_counter()
        good = send(connection, client)
        took.append((time.perf_counter() - began) * 1000)
        wrong += not good
    connection.close()
    return Timed(took, wrong)


def _append(connection: Wire, client: Client) -> bool:
    return _sent(connection, "/append", client, {"first_name": "Ada"}).get("id") is not None


def _subscribe(connection: Wire, client: Client) -> bool:
    body = {"customer_id": client.customers.pop(), "plan_id": client.plan}
    return _sent(connection, "/core/v1/subscriptions", client, body).get("status") == "active"


def _sent(connection: Wire, path: str, client: Client, body: dict[str, str]) -> dict[str, Any]:
    headers = {
        "Authorization": f"Bearer {client.key}",
        "Content-Type": "application/json",
        "Idempotency-Key": uuid4().hex,
    }
    sent = connection.ask("POST", path, json.dumps(body).encode(), headers)
    answer: dict[str, Any] = json.loads(sent.body)
    return answer
