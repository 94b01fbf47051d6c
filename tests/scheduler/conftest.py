"""An account with a desk, on the real store."""

from datetime import UTC, datetime

import pytest

from domain.commands.accounts import set_clock
from domain.commands.act import Act
from domain.shared.recording import Context
from parts import Parts

ACT = Act(Context(actor="test", channel="api"))
JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def parts(database_url):
    made = Parts(database_url)
    yield made
    made.close()


@pytest.fixture
def desk(parts):
    opened = parts.open_account(
        ACT, name="Scheduler", timezone="UTC", currency="USD", livemode=False
    )
    desk = parts.desk(opened.account_id, ACT)
    set_clock(desk.books, JAN_1, ACT)
    return desk
