"""The commands that measure: each a whole scenario on a database of its own."""

from __future__ import annotations

from functools import partial
from pathlib import Path  # noqa: TC003 - the command line is read by these annotations
from typing import TYPE_CHECKING, Annotated

import typer

from bench import append as appending
from bench import catchup as catching_up
from bench import deferred as deferring
from bench import entitlements as entitling
from bench import export as exporting
from bench import http as serving
from bench import lists as listing
from bench import members as inviting
from bench import pdf as typesetting
from bench import renewals as renewing
from bench import settle as settling
from bench import subscribe as subscribing
from bench import telco as importing
from bench import write as writing
from bench.figures import lines
from bench.stage import fresh_database
from cli.progress import Bar
from settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.figures import Figure

Rounds = Annotated[int, typer.Option(min=1, help="Medians are taken of so many.")]


def register(app: typer.Typer) -> None:
    benches = typer.Typer(help="Measure this installation.", no_args_is_help=True)
    benches.callback()(_group)
    for command in (
        append,
        catchup,
        http,
        lists,
        write,
        subscribe,
        settle,
        deferred,
        entitlements,
        export,
        pdf,
        telco,
        renewals,
        members,
    ):
        benches.command()(command)
    benches.command("all")(everything)
    app.add_typer(benches, name="bench")


def _group() -> None:
    """Each figure is printed beside the raw limit of the same run; 1 is the end where one fails.

    Without DATABASE_URL a server is started for the while; with it, a database is made there.
    """


def append(seconds: Annotated[float, typer.Option(min=0.5)] = 2, rounds: Rounds = 3) -> None:
    """Events into one account's log: beside the stock recorder, pgbench and a raw insert."""
    _measured(lambda url: appending.append(url, seconds, rounds))


def catchup(
    events: Annotated[int, typer.Option(min=1000, help="About so many in the log.")] = 200_000,
    rounds: Rounds = 3,
) -> None:
    """All projection groups over a log as a telephone company makes it."""
    with Bar() as bar:
        _measured(lambda url: catching_up.catchup(url, bar, events, rounds))


def http(turns: Annotated[int, typer.Option(min=20, help="Writes by each client.")] = 150) -> None:
    """Reads of what was just written, by eight clients, through the server as it is deployed."""
    _measured(lambda url: serving.http(url, turns))


def write(seconds: Annotated[float, typer.Option(min=0.5)] = 3, rounds: Rounds = 5) -> None:
    """Customers created over HTTP, beside a bare endpoint that reads once and appends once."""
    _measured(lambda url: writing.write(url, seconds, rounds))


def subscribe(
    turns: Annotated[int, typer.Option(min=20, help="Of each client, three times.")] = 100,
) -> None:
    """Subscriptions with their first charge, begun over HTTP, beside the same bare endpoint."""
    _measured(lambda url: subscribing.subscribe(url, turns))


def settle(
    turns: Annotated[int, typer.Option(min=5, help="Of each client, three times.")] = 30,
) -> None:
    """Invoices settled over HTTP from balances and by hand, beside the same bare endpoint."""
    _measured(lambda url: settling.settle(url, turns))


def lists(
    rows: Annotated[int, typer.Option(min=100_000)] = 1_000_000,
    turns: Annotated[int, typer.Option(min=200, help="Requests of each kind.")] = 600,
) -> None:
    """Pages of customers with filter and sort, and text search, over HTTP."""
    _measured(lambda url: listing.lists(url, rows, turns))


def deferred(
    segments: Annotated[int, typer.Option(min=1000)] = 1_000_000, rounds: Rounds = 5
) -> None:
    """Deferred revenue per customer, beside a bare scan of the index it reads."""
    _measured(lambda url: deferring.deferred(url, segments, segments // 10, rounds))


def entitlements(
    subscriptions: Annotated[int, typer.Option(min=1000)] = 1_000_000,
    turns: Annotated[int, typer.Option(min=200)] = 4000,
) -> None:
    """What one of many customers may use, over HTTP, beside the same subscriptions by bare SQL."""
    _measured(lambda url: entitling.entitlements(url, subscriptions, turns))


def export(rows: Annotated[int, typer.Option(min=1000)] = 300_000, rounds: Rounds = 5) -> None:
    """Invoices as CSV, beside a bare COPY of the same rows' columns."""
    _measured(lambda url: exporting.export(url, rows, rounds))


def renewals(
    subscriptions: Annotated[int, typer.Option(min=100, help="Due at once.")] = 100_000,
) -> None:
    """Subscriptions that fall due, renewed, invoiced, charged and shown."""
    with Bar() as bar:
        _measured(lambda url: renewing.renewals(url, bar, subscriptions))


def members(
    number: Annotated[int, typer.Option(min=1000, help="On one subscription.")] = 10_000,
) -> None:
    """What is done with a subscription of very many members, over HTTP."""
    with Bar() as bar:
        _measured(lambda url: inviting.members(url, bar, number))


def pdf(
    invoices: Annotated[int, typer.Option(min=2, help="How many, twice.")] = 300,
) -> None:
    """Invoices as PDF, one by one and as a ZIP of 300."""
    _measured(lambda url: typesetting.pdf(url, invoices))


def telco(
    file: Annotated[
        Path, typer.Argument(help="CSV of a telephone company's subscribers.", exists=True)
    ],
) -> None:
    """Import the file, compare every figure with a calculation from its columns, say how fast."""
    with Bar() as bar:
        _measured(lambda url: importing.telco(url, file, bar))


def everything(
    file: Annotated[
        Path | None, typer.Option("--telco", help="The file of `telco`, left out without.")
    ] = None,
) -> None:
    """All of them, one after another."""
    with Bar() as bar:
        scenarios: list[Callable[[str], list[Figure]]] = [
            appending.append,
            lambda url: catching_up.catchup(url, bar),
            serving.http,
            writing.write,
            subscribing.subscribe,
            settling.settle,
            listing.lists,
            deferring.deferred,
            entitling.entitlements,
            exporting.export,
            typesetting.pdf,
            lambda url: renewing.renewals(url, bar),
            lambda url: inviting.members(url, bar),
        ]
        if file is not None:
            scenarios.append(partial(importing.telco, file=file, watch=bar))
        met = [_good(scenario) for scenario in scenarios]
    if not all(met):
        raise typer.Exit(1)


def _measured(scenario: Callable[[str], list[Figure]]) -> None:
    if not _good(scenario):
        raise typer.Exit(1)


def _good(scenario: Callable[[str], list[Figure]]) -> bool:
    """Whether every target is met."""
    with fresh_database(read_settings().database_url) as url:
        figures = scenario(url)
    for line in lines(figures):
        typer.echo(line)
    return all(figure.met is not False for figure in figures)
