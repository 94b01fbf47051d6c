"""The commands about the database itself: its schema and its health."""

from __future__ import annotations

from typing import Annotated

import typer

import bootstrap
from settings import read_settings
from store.diagnosis import diagnose


def register(app: typer.Typer) -> None:
    app.command()(migrate)
    app.command()(doctor)


def migrate(
    *,
    distributed: Annotated[
        bool, typer.Option(help="Spread the tables over a Citus cluster.")
    ] = False,
) -> None:
    """Bring the database to this release's schema. Safe to repeat, and for two at once."""
    with bootstrap.database(read_settings()) as database:
        for line in bootstrap.migrate(database.settings, distributed=distributed):
            typer.echo(line)


def doctor() -> None:
    """Say what is wrong with this installation, and what would mend it."""
    with bootstrap.database(read_settings()) as database:
        findings = diagnose(database.url) + bootstrap.diagnose_schema(database.settings)
    for finding in findings:
        typer.echo(f"{finding.mark}  {finding.about}: {finding.detail}")
    if any(finding.mark == "fail" for finding in findings):
        raise typer.Exit(1)
