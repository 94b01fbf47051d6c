"""The import of a real file of subscribers: how long, how large, and every cent compared."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.figures import at_most, plain
from bench.mix import ACT, MAPPING, UNTIL
from bench.peaks import MEGABYTE, watched
from bench.telco_books import differences
from bench.telco_check import expected
from importer.mapping import read_mapping
from importer.whole import import_rows, rows_of
from parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.figures import Figure
    from bench.telco_check import Figures
    from importer.outcome import Watch

SECONDS = 120
MEGABYTES = 400


def telco(conninfo: str, file: Path, watch: Watch) -> list[Figure]:
    """Into a new test account, until every view shows it; then every figure is compared."""
    parts = Parts(conninfo)
    mapping = read_mapping(MAPPING)
    opened = parts.open_account(
        ACT, name="Telco", timezone="UTC", currency=mapping.currency, livemode=False
    )
    desk = parts.desk(opened.account_id, ACT)
    begun = time.monotonic()
    with (
        watched(parts.connections.conninfo) as peaks,
        rows_of(file, mapping, "UTC", None, watch) as rows,
    ):
        outcome = import_rows(parts.connections, desk, mapping.currency, rows[0], UNTIL, watch)
        seconds = time.monotonic() - begun
    wanted = expected(file)
    wrong = list(differences(parts.connections, opened.account_id, wanted))
    parts.close()
    events = outcome.after - outcome.before
    return [
        plain("events recorded and projected", f"{events:,}, {events / seconds:,.0f} a second"),
        *_money(wanted),
        at_most("import until every view shows it", f"{seconds:.1f} s", seconds, SECONDS),
        *_memory(peaks),
        at_most("figures that differ", f"{len(wrong)}", len(wrong), 0, "; ".join(wrong[:5])),
    ]


def _money(wanted: Figures) -> Iterator[Figure]:
    yield plain("invoices", f"{wanted.invoices:,}")
    yield plain("billed", f"{wanted.billed / 100:,.2f}")
    yield plain("recognised", f"{sum(wanted.recognized.values()) / 100:,.2f}")
    yield plain("deferred at the end", f"{sum(wanted.deferred.values()) / 100:,.2f}")


def _memory(peaks: dict[str, int]) -> Iterator[Figure]:
    for name, peak in sorted(peaks.items()):
        held = peak / MEGABYTE
        yield at_most(f"most memory of {name}", f"{held:.0f} MB", held, MEGABYTES)
