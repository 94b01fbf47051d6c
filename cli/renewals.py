"""The commands about renewal runs: what one would bill."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - the command line is read by these annotations
from typing import Annotated

import typer

import bootstrap
from api.core.renewals import as_csv, rows
from cli.history import account_id_of
from domain.commands.accounts import account_of
from parts import Parts
from settings import read_settings


def register(app: typer.Typer) -> None:
    renewals = typer.Typer(help="Renewal runs.", no_args_is_help=True)
    renewals.callback()(_group)
    renewals.command("preview")(preview)
    app.add_typer(renewals, name="renewals")


def _group() -> None:
    """They happen by themselves; here one is looked at before."""


def preview(
    *,
    account: Annotated[str, typer.Option(help="The account's id, acct_….")],
    on: Annotated[datetime, typer.Option(help="A day that is not over.", formats=["%Y-%m-%d"])],
) -> None:
    """Print as CSV who would be billed what on a day; nothing is written."""
    account_id = account_id_of(account)
    with bootstrap.database(read_settings()) as database:
        parts = Parts(database.url)
        try:
            books = parts.books(account_id)
            for piece in as_csv(rows(parts.connections, books, account_of(books), on.date())):
                typer.echo(piece.decode(), nl=False)
        finally:
            parts.close()
