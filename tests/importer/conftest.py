"""Test accounts on a real database, an import into them, and what it came to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from domain.commands.act import Act
from domain.shared.recording import Context
from importer.mapping import Mapping, read_mapping
from parts import Parts
from tests.importer.made_up import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

TELCO = Path(__file__).parents[2] / "examples" / "telco" / "mapping.toml"
UNTIL = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
ACT = Act(Context(actor="import", channel="import"))


@pytest.fixture(scope="session")
def parts(service_url: str) -> Iterator[Parts]:
    made = Parts(service_url, pool_size=4)
    yield made
    made.close()


@pytest.fixture
def account(parts: Parts) -> Callable[[], UUID]:
    """Opens a test account whose clock stands far from the file's dates."""

    def open_one() -> UUID:
        opened = parts.open_account(
            ACT, name="Import", timezone="UTC", currency="USD", livemode=False
        )
        return opened.account_id

    return open_one


@pytest.fixture(scope="session")
def mapping() -> Mapping:
    return read_mapping(TELCO)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty rows of two years: every contract, method and churn, tenure 0 too."""
    return write(tmp_path_factory.mktemp("small") / "rows.csv", rows=40, longest=24)


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("made-up") / "rows.csv")


@pytest.fixture(scope="session")
def middling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Large enough to be killed in the middle."""
    return write(tmp_path_factory.mktemp("middling") / "rows.csv", rows=100, longest=40)
