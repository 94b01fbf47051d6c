"""Runs a world step by step and checks the books after each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from domain.commands.accounts import set_clock
from parts import Parts
from proof import books_breaches, breaches
from store.factory import PostgresStore
from store.ids import SeededIds
from tests.simulation import banks
from tests.simulation.gateway import UnreliableGateway
from tests.simulation.paybacks import repaid_once
from tests.simulation.world import ACT, World

if TYPE_CHECKING:
    from uuid import UUID

START = datetime(2024, 1, 31, 23, 30, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kolkata")


class Broken(AssertionError):
    """The books do not hold; the message names seed and step, so that it can be run again."""


def simulate(database_url: str, seed: int, steps: int) -> str:
    """Raises Broken at the first step after which something does not hold."""
    parts = Parts(database_url)
    random = Random(seed)
    gateway = UnreliableGateway(random)
    parts.gateways_of = lambda _: {"sandbox": gateway}
    parts.store = PostgresStore(parts.connections, SeededIds(seed + 1_000_000 * steps))
    account = parts.open_account(
        ACT, name=f"Simulation {seed}", timezone=random.choice(ZONES), currency="USD",
        livemode=False,
    )  # fmt: skip
    world = World(replace(parts.desk(account.account_id, ACT)), random)
    set_clock(world.desk.books, START, ACT)
    try:
        for step in range(steps):
            _step(parts, account.account_id, world, f"seed {seed}, step {step}")
            if world.strays():
                raise Broken(f"seed {seed}, step {step}: {world.strays()}")
        _end(parts, account.account_id, gateway, f"seed {seed}, end")
        for held in (world.clubs, world.offices, world.shoppers, world.paybacks):
            for breach in held.breaches(world.desk.books):
                raise Broken(f"seed {seed}, end: {breach}")
        for breach in repaid_once(world.desk.books, gateway.repaid):
            raise Broken(f"seed {seed}, end: {breach}")
        head = world.desk.books.head()
    finally:
        parts.close()
    return (
        f"{head.position} events to {head.now.date()}, {world.refused} refusals,"
        f" {world.crashed} crashes, {len(gateway.charged)} charges"
    )


def _step(parts: Parts, account_id: UUID, world: World, where: str) -> None:
    crashed = world.crashed
    name = world.step()
    if world.crashed > crashed:
        # A new process knows only what was recorded.
        world.desk = parts.desk(account_id, ACT)
    for breach in books_breaches(parts.connections, parts.store, account_id, every_month=False):
        raise Broken(f"{where} ({name}): {breach}")


def _end(parts: Parts, account_id: UUID, gateway: UnreliableGateway, where: str) -> None:
    for breach in breaches(parts.connections, parts.store, account_id):
        raise Broken(f"{where}: {breach}")
    desk = parts.desk(account_id, ACT)
    for breach in banks.breaches(desk.books, gateway):
        raise Broken(f"{where}: {breach}")
