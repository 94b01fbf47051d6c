"""The command that writes a list or a report to a file, as the API would."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import date, datetime  # noqa: TC003 - as below
from pathlib import Path  # noqa: TC003 - the command line is read by these annotations
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

import bootstrap
from cli.history import account_id_of
from domain.commands.accounts import account_of
from domain.shared.errors import NotFound
from domain.shared.period import accounting_date
from parts import Parts
from projections import lists
from projections.exports import write_csv
from projections.groups import BY_NAME as GROUPS
from projections.groups import RESOURCES
from projections.reading import reading
from projections.reports.all_reports import REPORTS
from projections.reports.report import Asked
from projections.resources import BY_NAME
from projections.runner import catch_up
from settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

_PATIENCE_MS = 60_000


def register(app: typer.Typer) -> None:
    app.command()(export)


def export(
    *,
    name: Annotated[str, typer.Argument(help="subscriptions, invoices, deferred_revenue, …")],
    account: Annotated[str, typer.Option(help="The account's id, acct_….")],
    as_of: Annotated[
        datetime | None, typer.Option(help="A report's last day.", formats=["%Y-%m-%d"])
    ] = None,
    output: Annotated[Path | None, typer.Option(help="A file; the screen without it.")] = None,
) -> None:
    """Write a list or a report as CSV, with the columns it has over HTTP."""
    account_id = account_id_of(account)
    with bootstrap.database(read_settings()) as database:
        parts = Parts(database.url)
        try:
            with _opened(output) as file:
                for piece in _pieces(parts, account_id, name, as_of and as_of.date()):
                    file.write(piece)
        finally:
            parts.close()


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        return
    with output.open("wb") as file:
        yield file


def _pieces(parts: Parts, account_id: UUID, name: str, day: date | None) -> Iterator[bytes]:
    """Raises NotFound for a name that is neither a list's nor a report's."""
    account = account_of(parts.books(account_id))
    if name in REPORTS:
        group = GROUPS[REPORTS[name].group]
        catch_up(parts.connections, account_id, group, wait_ms=_PATIENCE_MS)
        with reading(parts.connections, account_id, group) as now:
            asked = Asked(day or accounting_date(now.now, account.timezone))
            yield from REPORTS[name].csv(now, asked)
        return
    resource = BY_NAME.get(name)
    if resource is None or resource.export is None:
        raise NotFound(detail=f"there is no export {name}")
    catch_up(parts.connections, account_id, RESOURCES, wait_ms=_PATIENCE_MS)
    with reading(parts.connections, account_id, RESOURCES) as now:
        filters = lists.parse(resource.listing, {}, account.timezone)
        yield from write_csv(now, resource.export, filters)
