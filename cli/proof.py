"""The commands that prove the books and remake what is derived from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

import bootstrap
from cli.history import account_id_of
from domain.shared.identifiers import typed_id
from parts import Parts
from projections.generations import RebuildStopped
from projections.generations import rebuild as rebuild_group
from projections.groups import GROUPS
from projections.runner import catch_up
from projections.runner import resume as resume_group
from proof import breaches
from settings import read_settings
from store.operations import all_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

_screen = Console(stderr=True)
_PATIENCE_MS = 60_000
Account = Annotated[
    str | None, typer.Option("--account", help="One account's id; every account without it.")
]


def register(app: typer.Typer) -> None:
    app.command()(verify)
    app.command()(rebuild)
    app.command()(resume)


def verify(account: Account = None) -> None:
    """Prove positions, hash chain, document numbers, replays, balances and projections."""
    found = 0
    for parts, account_id in _each(account):
        found += _verified(parts, account_id)
    if found:
        raise typer.Exit(1)


def _verified(parts: Parts, account_id: UUID) -> int:
    head = parts.books(account_id).head()
    shown = typed_id("acct", account_id)
    findings = list(breaches(parts.connections, parts.store, account_id))
    for finding in findings:
        typer.echo(f"{shown}  BROKEN  {finding}")
    if not findings:
        typer.echo(f"{shown}  ok  {head.position} events, chain {head.chain.hex()[:16]}…")
    return len(findings)


def rebuild(account: Account = None) -> None:
    """Fold the whole log again beside the live views, compare, and switch. Nobody waits."""
    differing = 0
    for parts, account_id in _each(account):
        differing += _rebuilt(parts, account_id)
    if differing:
        raise typer.Exit(1)


def _rebuilt(parts: Parts, account_id: UUID) -> int:
    shown, differing = typed_id("acct", account_id), 0
    for group in GROUPS:
        with Progress(console=_screen, transient=True) as bar:
            task = bar.add_task(group.name)

            def advance(position: int, head: int) -> None:
                bar.update(task, completed=position, total=head)  # noqa: B023 - called within

            try:
                compared = rebuild_group(parts.connections, account_id, group, advance)
            except RebuildStopped as reason:
                typer.echo(f"{shown}  {group.name}  left as it is, {reason}")
                differing += 1
                continue
        told = "as before" if compared.same else f"{len(compared.differences)} rows differed"
        typer.echo(f"{shown}  {group.name}  {compared.rows} rows at {compared.position}, {told}")
        differing += not compared.same
    return differing


def resume(account: Account = None) -> None:
    """Let views go on that an event had stopped, once the release that can read it is installed."""
    with bootstrap.database(read_settings()) as database:
        parts = Parts(database.url)
        try:
            for account_id in _accounts(parts, account):
                for group in GROUPS:
                    resume_group(parts.connections, account_id, group)
                    shown = catch_up(parts.connections, account_id, group, wait_ms=_PATIENCE_MS)
                    told = "stopped again" if shown.stopped else f"at {shown.position}"
                    typer.echo(f"{typed_id('acct', account_id)}  {group.name}  {told}")
        finally:
            parts.close()


def _each(account: str | None) -> Iterator[tuple[Parts, UUID]]:
    """The account asked for, or every account, with what is needed to work on it."""
    with bootstrap.database(read_settings()) as database:
        parts = Parts(database.url)
        try:
            for account_id in _accounts(parts, account):
                yield parts, account_id
        finally:
            parts.close()


def _accounts(parts: Parts, account: str | None) -> list[UUID]:
    if account is not None:
        return [account_id_of(account)]
    with parts.connections.connection() as connection:
        return all_accounts(connection)
