"""Entitlement checks over HTTP of an account with a million subscriptions, own and shared."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg

from bench.clients import Clients, ask_health, cuts, timed
from bench.figures import at_most, plain
from bench.http import serving
from domain.commands.act import Act
from domain.shared.recording import Context
from parts import Parts
from projections.groups import RESOURCES
from projections.runner import catch_up

if TYPE_CHECKING:
    from uuid import UUID

from bench.figures import Figure
from bench.wire import Wire

LIMIT_MS = 5
"""Of the slowest hundredth."""

CLIENTS = (1, 4)
ROUNDS = 4

_CUSTOMERS = """
INSERT INTO customers (account_id, generation, id, version, created_at, updated_at, email, metadata)
SELECT %(account)s, 1, 'cus_' || lpad(i::text, 26, '0'), 1, '2026-01-01', '2026-01-01',
       'reader' || i || '@example.org', '{}'
  FROM generate_series(1, %(rows)s) AS i"""
_SUBSCRIPTIONS = """
INSERT INTO subscriptions (account_id, generation, id, version, created_at, updated_at, customer_id,
                           plan_id, product_id, currency, quantity, status, auto_renew,
                           collection_method, start_date, phase_id, current_period_start,
                           current_period_end, renews_at, cancel_at_period_end, seat_capacity,
                           metadata, entitlements)
SELECT %(account)s, 1, 'sub_' || lpad(i::text, 26, '0'), 1, '2026-01-01', '2026-01-01',
       'cus_' || lpad(i::text, 26, '0'), 'plan_' || lpad((i %% 50)::text, 26, '0'),
       'prod_' || lpad('1', 26, '0'), 'USD', 1,
       (ARRAY['active', 'active', 'active', 'trialing', 'expired'])[1 + i %% 5], true,
       'charge_automatically', '2026-01-01', 'ph_' || lpad(i::text, 26, '0'), '2026-01-01',
       '2999-01-01', '2999-01-01', false, 10, '{}', '["premium","archive"]'
  FROM generate_series(1, %(rows)s) AS i"""
_MEMBERS = """
INSERT INTO memberships (account_id, generation, id, version, created_at, updated_at,
                         subscription_id, status, email, customer_id, invited_at, accepted_at,
                         invited_in)
SELECT %(account)s, 1, 'mem_' || lpad(i::text, 26, '0'), 1, '2026-01-01', '2026-01-01',
       'sub_' || lpad((1 + i * 7 %% %(rows)s)::text, 26, '0'), 'active',
       'reader' || i || '@example.org', 'cus_' || lpad(i::text, 26, '0'), '2026-01-01',
       '2026-01-01', 1
  FROM generate_series(1, %(rows)s, 3) AS i"""
_BARE = """
SELECT s.id, s.status, s.entitlements FROM subscriptions s
 WHERE s.account_id = %(account)s AND s.generation = 1 AND s.customer_id = %(customer)s"""


def entitlements(conninfo: str, subscriptions: int = 1_000_000, turns: int = 4000) -> list[Figure]:
    """`conninfo` is the owner's: the rows are put into the tables as they are. A customer has a
    subscription, and every third shares another's.
    """
    parts = Parts(conninfo, sandbox_live=True)
    act = Act(Context("bench", "api"))
    opened = parts.open_account(act, name="B", timezone="UTC", currency="USD", livemode=True)
    catch_up(parts.connections, opened.account_id, RESOURCES)
    parts.close()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        _fill(connection, opened.account_id, subscriptions)
        bare = _bare(connection, opened.account_id, subscriptions, turns)
    with serving(conninfo) as port:
        served = [_served(port, opened.api_key, subscriptions, turns, each) for each in CLIENTS]
    return [
        plain("subscriptions", f"{subscriptions:,}, a third shared besides"),
        plain("bare SQL, a customer's subscriptions", str(cuts(bare))),
        *(figure for figures in served for figure in figures),
    ]


def _served(port: int, key: str, rows: int, turns: int, count: int) -> list[Figure]:
    """Bare and whole in turns, so that what disturbs the machine disturbs both."""
    clients = Clients(count)
    share = turns // ROUNDS // count
    clients.ask(_asked, port, key, rows, max(share // 4, 20))  # warms up
    bare: list[float] = []
    whole: list[float] = []
    for _ in range(ROUNDS):
        bare += clients.ask(ask_health, port, share)
        whole += clients.ask(_asked, port, key, rows, share)
    clients.close()
    name = f"{count} client{'s' if count > 1 else ''}"
    least, full = cuts(bare), cuts(whole)
    beside = f"bare HTTP {least}"
    return [at_most(f"entitlement check, {name}", str(full), full.p99_ms, LIMIT_MS, beside)]


def _fill(connection: psycopg.Connection[Any], account_id: UUID, rows: int) -> None:
    for statement in (_CUSTOMERS, _SUBSCRIPTIONS, _MEMBERS):
        connection.execute(statement, {"account": account_id, "rows": rows})
    for table in ("customers", "subscriptions", "memberships"):
        connection.execute(f"VACUUM (ANALYZE) {table}")
    # What was filled is written by now, as it is where nobody filled a million rows a moment ago.
    with suppress(psycopg.errors.InsufficientPrivilege):
        connection.execute("CHECKPOINT")


def _customer(random: Random, rows: int) -> str:
    return f"cus_{random.randint(1, rows):026}"


def _bare(
    connection: psycopg.Connection[Any], account_id: UUID, rows: int, turns: int
) -> list[float]:
    random = Random(1)

    def ask() -> None:
        values = {"account": account_id, "customer": _customer(random, rows)}
        connection.execute(_BARE, values).fetchall()

    return [timed(ask) for _ in range(turns)]


def _asked(port: int, key: str, rows: int, turns: int, number: int) -> list[float]:
    """Another customer each time."""
    connection = Wire(port)
    headers, random, granted = {"Authorization": f"Bearer {key}"}, Random(f"{turns} {number}"), 0

    def ask() -> bytes:
        path = f"/core/v1/customers/{_customer(random, rows)}/entitlements?entitlement=premium"
        answer = connection.ask("GET", path, headers=headers)
        if answer.status != 200:
            raise RuntimeError(answer.body.decode())
        return answer.body

    spent = []
    for _ in range(turns):
        began = time.perf_counter()
        body = ask()
        spent.append((time.perf_counter() - began) * 1000)
        granted += len(json.loads(body)["data"])
    connection.close()
    if not turns * 0.6 < granted <= turns:
        raise RuntimeError(f"{granted} of {turns} have it")
    return spent
