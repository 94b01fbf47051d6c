"""A log as a telephone company makes it, of any size: the importer run on made-up subscribers."""

from __future__ import annotations

import csv
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from domain.commands.act import Act
from domain.shared.recording import Context
from importer.mapping import read_mapping
from importer.whole import import_rows, rows_of

if TYPE_CHECKING:
    from uuid import UUID

    from importer.outcome import Watch
    from parts import Parts

MAPPING = Path(__file__).parent.parent / "examples" / "telco" / "mapping.toml"
UNTIL = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
ACT = Act(Context(actor="import", channel="import", reason="bench"))
EVENTS_A_ROW = 64
"""About, over all rows: a subscriber is there for up to six years."""

_COLUMNS = (
    "customerID", "tenure", "InternetService", "Contract", "PaymentMethod", "MonthlyCharges",
    "Churn",
)  # fmt: skip
_CONTRACTS = ("Month-to-month", "Month-to-month", "One year", "Two year")
_METHODS = (
    "Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)",
)  # fmt: skip
_PRICES = ("18.25", "20", "29.85", "56.95", "70.7", "99.99", "118.75")


def subscribers(path: Path, rows: int, seed: int = 1) -> None:
    """A CSV file in the form of `examples/telco`, one row a subscriber."""
    dice = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows(_row(number, dice) for number in range(rows))


def _row(number: int, dice: random.Random) -> tuple[str, ...]:
    return (
        f"{number:06d}-MADEUP",
        str(dice.randint(0, 72)),
        dice.choice(("DSL", "Fiber optic", "No")),
        dice.choice(_CONTRACTS),
        dice.choice(_METHODS),
        dice.choice(_PRICES),
        dice.choice(("No", "No", "No", "Yes")),
    )


def live_through(parts: Parts, rows: int, watch: Watch) -> UUID:
    """A new test account with that many subscribers and their years, every view showing it."""
    mapping = read_mapping(MAPPING)
    opened = parts.open_account(
        ACT, name="Made up", timezone="UTC", currency=mapping.currency, livemode=False
    )
    desk = parts.desk(opened.account_id, ACT)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subscribers.csv"
        subscribers(path, rows)
        with rows_of(path, mapping, "UTC", None, watch) as (staging, _):
            import_rows(parts.connections, desk, mapping.currency, staging, UNTIL, watch)
    return opened.account_id
