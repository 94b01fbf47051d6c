"""An import as the tests start it: in this process, or as a program that may be killed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from importer.mapping import read_mapping
from importer.whole import import_rows, rows_of
from parts import Parts
from tests.importer.conftest import ACT, TELCO, UNTIL

if TYPE_CHECKING:
    from datetime import datetime

    from importer.outcome import Outcome


class Quiet:
    """Nobody watches."""

    def stage(self, name: str, total: int | None) -> None:
        pass

    def moved(self, steps: int) -> None:
        pass

    def moment(self, at: datetime) -> None:
        pass


def imported(
    parts: Parts, account_id: UUID, file: Path, until: datetime = UNTIL, *, followed: bool = False
) -> Outcome:
    mapping = read_mapping(TELCO)
    desk = parts.desk(account_id, ACT)
    with rows_of(file, mapping, "UTC", None, Quiet()) as (rows, found):
        assert found.first == []
        return import_rows(
            parts.connections, desk, mapping.currency, rows, until, Quiet(), followed=followed
        )


if __name__ == "__main__":
    url, text, path = sys.argv[1:]
    imported(Parts(url, pool_size=4), UUID(text), Path(path), followed=True)
