"""The import of a real file of subscribers: how long, how large, and every cent compared."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.peaks import Seen, told, watched
from bench.telco_books import differences
from bench.telco_check import expected
from domain.commands.act import Act
from domain.shared.recording import Context
from importer.mapping import read_mapping
from importer.whole import import_rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.telco_check import Figures
    from importer.outcome import Outcome, Watch
    from parts import Parts

MAPPING = Path(__file__).parent.parent / "examples" / "telco" / "mapping.toml"
UNTIL = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
ACT = Act(Context(actor="import", channel="import", reason="bench"))
SECONDS = 120


@dataclass
class Measured:
    """`wrong` names every figure that differs from the independent calculation."""

    outcome: Outcome
    seconds: float
    wanted: Figures
    seen: dict[int, Seen]
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        events = self.outcome.after - self.outcome.before
        yield f"seconds {self.seconds:.1f} (at most {SECONDS})"
        yield f"events {events}, {events / self.seconds:.0f} a second"
        yield from told(self.seen)
        yield f"invoices {self.wanted.invoices}, billed {self.wanted.billed / 100:.2f}"
        yield f"recognised {sum(self.wanted.recognized.values()) / 100:.2f}"
        yield f"deferred {sum(self.wanted.deferred.values()) / 100:.2f}"
        yield f"figures that differ: {len(self.wrong)}"
        yield from self.wrong[:20]


def telco(parts: Parts, file: Path, watch: Watch) -> Measured:
    """Into a new test account, until every view shows it; then compared."""
    mapping = read_mapping(MAPPING)
    opened = parts.open_account(
        ACT, name="Telco", timezone="UTC", currency=mapping.currency, livemode=False
    )
    desk = parts.desk(opened.account_id, ACT)
    begun = time.monotonic()
    with (
        watched(parts.connections.conninfo) as seen,
        rows_of(file, mapping, "UTC", None, watch) as rows,
    ):
        outcome = import_rows(parts.connections, desk, mapping.currency, rows[0], UNTIL, watch)
        seconds = time.monotonic() - begun
    wanted = expected(file)
    wrong = list(differences(parts.connections, opened.account_id, wanted))
    return Measured(outcome, seconds, wanted, seen, wrong)
