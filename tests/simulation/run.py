"""Runs a world step by step and checks the books after each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from domain.commands.accounts import set_clock
from domain.shared.period import Interval
from parts import Parts
from proof import books_breaches, breaches
from scheduler.due import run_due
from store.factory import PostgresStore
from store.ids import SeededIds
from tests.simulation import banks, erasures
from tests.simulation.gateway import Crash, UnreliableGateway
from tests.simulation.paybacks import repaid_once
from tests.simulation.world import ACT, World

if TYPE_CHECKING:
    from uuid import UUID

START = datetime(2024, 1, 31, 23, 30, tzinfo=UTC)
_A_STRETCH = 5
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kolkata")


class Broken(AssertionError):
    """The books do not hold; the message names seed and step, so that it can be run again."""


def simulate(
    database_url: str, seed: int, steps: int, years: int = 0, acts: int = 1
) -> tuple[World, str]:
    """Raises Broken at the first step after which something does not hold. With `years` time goes
    on between the steps so that so many pass; `acts` are done in each step."""
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
        _settle_in(world, years, 3 if acts > 1 else 1)
        for step in range(steps):
            _step(parts, account.account_id, world, f"seed {seed}, step {step}", acts)
            if years and step % _A_STRETCH == _A_STRETCH - 1:
                days = 366 * years * _A_STRETCH // steps
                _pass(parts, account.account_id, world, days, f"seed {seed}, after {step}")
            if world.strays():
                raise Broken(f"seed {seed}, step {step}: {world.strays()}")
        _end(parts, account.account_id, gateway, f"seed {seed}, end")
        for held in (
            world.clubs, world.givers, world.offices, world.shoppers, world.paybacks,
        ):  # fmt: skip
            for breach in held.breaches(world.desk.books):
                raise Broken(f"seed {seed}, end: {breach}")
        for breach in erasures.breaches(world, parts.connections):
            raise Broken(f"seed {seed}, end: {breach}")
        for breach in repaid_once(world.desk.books, gateway.repaid):
            raise Broken(f"seed {seed}, end: {breach}")
        head = world.desk.books.head()
    finally:
        parts.close()
    return world, (
        f"{head.position} events to {head.now.date()}, {world.refused} refusals,"
        f" {world.crashed} crashes, {len(gateway.charged)} charges"
    )


def _settle_in(world: World, years: int, eager: int) -> None:
    """Something to sell and somebody to buy it, so that the years are not spent on that."""
    if not years:
        return
    world.eager = eager
    world.intervals = (Interval.MONTH, Interval.YEAR)  # of days there would be thousands
    for act in (world.new_product, *[world.new_plan] * 4, *[world.new_customer] * 5):
        act()
    world.meters.rule(world)


def _step(parts: Parts, account_id: UUID, world: World, where: str, acts: int) -> None:
    names = [_acted(parts, account_id, world) for _ in range(acts)]
    for breach in books_breaches(parts.connections, parts.store, account_id, every_month=False):
        raise Broken(f"{where} ({', '.join(names)}): {breach}")


def _acted(parts: Parts, account_id: UUID, world: World) -> str:
    crashed = world.crashed
    name = world.step()
    if world.crashed > crashed:
        # A new process knows only what was recorded.
        world.desk = parts.desk(account_id, ACT)
    return name


def _pass(parts: Parts, account_id: UUID, world: World, days: int, where: str) -> None:
    """A crash on the way is one of a process: the next goes on where it died."""
    until = world.desk.books.now() + timedelta(days=days)
    while world.desk.books.now() < until:
        try:
            run_due(world.desk, until)
        except Crash:
            world.crashed += 1
            world.desk = parts.desk(account_id, ACT)
    for breach in books_breaches(parts.connections, parts.store, account_id, every_month=False):
        raise Broken(f"{where}: {breach}")


def _end(parts: Parts, account_id: UUID, gateway: UnreliableGateway, where: str) -> None:
    for breach in breaches(parts.connections, parts.store, account_id):
        raise Broken(f"{where}: {breach}")
    desk = parts.desk(account_id, ACT)
    for breach in banks.breaches(desk.books, gateway):
        raise Broken(f"{where}: {breach}")
