"""The commands about accounts: opening one."""

from __future__ import annotations

import secrets
from typing import Annotated

import orjson
import typer

import bootstrap
from domain.commands.act import Act
from domain.shared.recording import Context
from parts import Parts
from settings import read_settings

ACT = Act(Context(actor="operator", channel="console"))


def register(app: typer.Typer) -> None:
    accounts = typer.Typer(help="Open accounts.", no_args_is_help=True)
    accounts.command("create")(create)
    app.add_typer(accounts, name="account")


def create(
    *,
    name: Annotated[str, typer.Option(help="Shown to people.")],
    timezone: Annotated[str, typer.Option(help="IANA name; accounting dates are its dates.")],
    test: Annotated[
        bool, typer.Option("--test/--live", help="A test account has its own clock.")
    ] = True,
    email: Annotated[
        str | None, typer.Option(help="Of the owner, who logs in by it; made up if left out.")
    ] = None,
    currency: Annotated[str, typer.Option(help="ISO 4217 code of the main currency.")] = "USD",
) -> None:
    """Open an account; print its id, the owner's API key and login, and the site's id as JSON."""
    with bootstrap.database(read_settings()) as database:
        bootstrap.migrate(database.settings)
        parts = Parts(database.url)
        try:
            opened = parts.open_account(
                ACT,
                name=name,
                timezone=timezone,
                currency=currency.upper(),
                livemode=not test,
                owner_email=email or f"owner-{secrets.token_hex(4)}@example.com",
            )
        finally:
            parts.close()
    typer.echo(orjson.dumps(opened.shown()).decode())
