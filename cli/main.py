"""One program, `subledger`: where commands are registered and where errors become sentences."""

from __future__ import annotations

import sys

import typer

from cli import accounts, bench, database, exporting, history, importing, processes, proof, renewals
from domain.shared.errors import DomainError
from importer.problems import ImportRefused, MappingWrong
from migrations.apply import MigrationRefused
from migrations.distribution import NoCluster
from settings import BadSettings
from store.connections import UNAVAILABLE, UNMIGRATED
from store.embedded import ServerFailed
from store.server_programs import ProgramsMissing
from store.system_user import CommandFailed

COMMANDS = (
    processes,
    database,
    accounts,
    history,
    proof,
    exporting,
    importing,
    renewals,
    bench,
)
"""Each has `register(app)`. A new group of commands is a module beside these, named here."""

EXPECTED = (
    BadSettings,
    ServerFailed,
    ProgramsMissing,
    CommandFailed,
    MigrationRefused,
    NoCluster,
    PermissionError,
    DomainError,
    ImportRefused,
    MappingWrong,
    UNAVAILABLE,
)
"""What a person can mend: shown as one line, without a traceback."""

app = typer.Typer(
    name="subledger",
    help="Subscription billing with a revenue subledger, kept as events.",
    no_args_is_help=True,
    add_completion=False,
    # Local variables in a traceback would print keys and passwords.
    pretty_exceptions_enable=False,
)
for module in COMMANDS:
    module.register(app)


def main() -> None:
    try:
        app()
    except UNMIGRATED:
        typer.echo(
            "subledger: the database is not at this release: run subledger migrate", err=True
        )
        sys.exit(1)
    except EXPECTED as reason:
        typer.echo(f"subledger: {reason}", err=True)
        sys.exit(1)
