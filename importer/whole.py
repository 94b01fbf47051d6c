"""An import as a whole, for the command line and for measurements: read, lived through, shown."""

from __future__ import annotations

from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from importer.following import finish, following
from importer.in_bulk import few_searches_for_garbage
from importer.reading import ErrorFile, read_file
from importer.running import run_import
from importer.sight import Sight
from importer.staging import Staging
from projections.groups import GROUPS
from projections.sent import AccountSentInvoices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import TextIO

    from importer.mapping import Mapping
    from importer.outcome import Outcome, Watch
    from scheduler.due import Desk
    from store.connections import Connections


@contextmanager
def rows_of(
    path: Path, mapping: Mapping, timezone: str, errors: TextIO | None, watch: Watch
) -> Iterator[tuple[Staging, ErrorFile]]:
    """The file read to its end, for the while; problems are also written to `errors`."""
    found = ErrorFile(errors)
    watch.stage("rows read", None)
    with closing(Staging()) as staging:
        for problem in read_file(path, mapping, timezone, staging, lambda: watch.moved(1)):
            found.take(problem)
        yield staging, found


def import_rows(
    connections: Connections,
    desk: Desk,
    currency: str,
    staging: Staging,
    until: datetime,
    watch: Watch,
    *,
    followed: bool = True,
) -> Outcome:
    """Every view shows the whole import afterwards. `followed`: other processes project beside."""
    account_id = desk.books.account_id
    sight = Sight(desk.due, AccountSentInvoices(connections, account_id))
    names = [group.name for group in GROUPS]
    beside = following(connections.conninfo, account_id, names) if followed else nullcontext()
    with few_searches_for_garbage(), beside:
        seeing = replace(desk, due=sight)
        outcome = run_import(seeing, currency, staging, sight, until, watch)
    finish(connections, account_id)
    return outcome
