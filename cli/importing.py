"""The commands that bring the business of another system in."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - the command line is read by these annotations
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

import bootstrap
from cli.history import account_id_of
from cli.progress import Bar
from domain.commands.accounts import account_of
from domain.commands.act import Act
from domain.shared.period import zone_names
from domain.shared.recording import Context
from importer.mapping import read_mapping
from importer.problems import ImportRefused
from importer.whole import import_rows, rows_of
from parts import Parts
from settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from importer.mapping import Mapping
    from importer.outcome import Outcome
    from importer.reading import ErrorFile
    from importer.staging import Staging

ACT = Act(Context(actor="import", channel="import", reason="import of subscribers"))
_INSTANT = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    imports = typer.Typer(help="Bring business from another system in.", no_args_is_help=True)
    imports.callback()(_group)
    imports.command("subscribers")(subscribers)
    app.add_typer(imports, name="import")


def _group() -> None:
    """Bring business from another system in."""


def subscribers(
    *,
    file: Annotated[Path, typer.Argument(help="CSV, a row a subscriber.", exists=True)],
    mapping: Annotated[Path, typer.Option(help="TOML: see docs/importing.md.", exists=True)],
    until: Annotated[datetime, typer.Option(help="Where the clock ends (UTC).", formats=_INSTANT)],
    account: Annotated[
        str | None, typer.Option(help="A test account, acct_…; without it a new one is opened.")
    ] = None,
    name: Annotated[str, typer.Option(help="The new account's name.")] = "Import",
    timezone: Annotated[str, typer.Option(help="The new account's time zone.")] = "UTC",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read all, write nothing.")] = False,
    errors: Annotated[
        Path | None, typer.Option(help="Where to write line, column and reason, as CSV.")
    ] = None,
    skip_wrong_rows: Annotated[
        bool, typer.Option("--skip-wrong-rows", help="Import the rows that are right.")
    ] = False,
) -> None:
    """Begin each subscription on its day and live through the time up to an instant.

    It can be stopped at any moment and run again with the same --account.
    """
    if timezone not in zone_names():
        raise typer.BadParameter(f"{timezone!r} is not known", param_hint="--timezone")
    asked = read_mapping(mapping)
    wanted = _Import(file, asked, errors, skip_wrong_rows)
    if dry_run and account is None:
        with Bar() as bar, wanted.rows(timezone, bar):
            return
    with _parts() as parts, Bar() as bar:
        known = account_id_of(account) if account else None
        zone = account_of(parts.books(known)).timezone if known else timezone
        with wanted.rows(zone, bar) as staging:
            if dry_run:
                return
            account_id = known or _opened(parts, name, timezone, asked)
            desk = parts.desk(account_id, ACT)
            end = until if until.tzinfo else until.replace(tzinfo=UTC)
            outcome = import_rows(parts.connections, desk, asked.currency, staging, end, bar)
    _tell(outcome)


class _Import:
    """A file with its mapping, and what to do about wrong rows."""

    def __init__(self, file: Path, mapping: Mapping, errors: Path | None, skip: bool) -> None:  # noqa: FBT001
        self._file = file
        self._mapping = mapping
        self._errors = errors
        self._skip = skip

    @contextmanager
    def rows(self, timezone: str, bar: Bar) -> Iterator[Staging]:
        """Raises ImportRefused where rows are wrong and not to be skipped."""
        target = (
            self._errors.open("w", encoding="utf-8", newline="") if self._errors else nullcontext()
        )
        with target as errors, rows_of(self._file, self._mapping, timezone, errors, bar) as read:
            staging, found = read
            self._judge(staging, found)
            yield staging

    def _judge(self, staging: Staging, found: ErrorFile) -> None:
        typer.echo(f"{staging.rows()} rows can be imported, {found.lines} cannot.")
        for problem in found.first:
            typer.echo(f"  line {problem.line}, {problem.column}: {problem.reason}", err=True)
        if found.count and not self._skip:
            raise ImportRefused(
                f"nothing was written: {found.count} problems on {found.lines} lines"
                " (--errors FILE lists them, --skip-wrong-rows imports the others)"
            )


@contextmanager
def _parts() -> Iterator[Parts]:
    with bootstrap.database(read_settings()) as database:
        bootstrap.migrate(database.settings)
        parts = Parts(database.url)
        try:
            yield parts
        finally:
            parts.close()


def _opened(parts: Parts, name: str, timezone: str, asked: Mapping) -> UUID:
    opened = parts.open_account(
        ACT, name=name, timezone=timezone, currency=asked.currency, livemode=False
    )
    typer.echo(orjson.dumps(opened.shown()).decode())
    return opened.account_id


def _tell(outcome: Outcome) -> None:
    for line in outcome.lines():
        typer.echo(line)
    if outcome.refused.count:
        raise typer.Exit(1)
