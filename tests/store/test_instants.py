"""An instant names the position that was the last one known by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from domain.shared.errors import Invalid, NotFound
from store.instants import position_at

if TYPE_CHECKING:
    from uuid import UUID

    from store.factory import PostgresStore

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def log(opened: Any, owner: psycopg.Connection[Any], store: PostgresStore) -> UUID:
    """Thirteen events, two at a time each minute; the clock stands at the minute after them."""
    account, other = (opened(livemode=False, clock=START + 7 * MINUTE) for _ in range(2))
    for each in (account, other):
        owner.execute(
            "INSERT INTO stored_events (account_id, position, originator_id, originator_version,"
            " event_id, recorded_at, wall_at, topic, state, actor, channel)"
            " SELECT %(account)s, i, gen_random_uuid(), 1, gen_random_uuid(), at, at, 't', '{}',"
            " 'key_1', 'api' FROM generate_series(1, 13) AS i"
            " CROSS JOIN LATERAL (SELECT %(start)s + i / 2 * interval '1 minute' AS at) AS a",
            {"account": each, "start": START},
        )
        owner.execute("UPDATE heads SET position = 13 WHERE account_id = %s", [each])
    return account


@pytest.mark.parametrize(
    ("instant", "position"),
    [
        (START - MINUTE, 0),
        (START, 1),
        (START + MINUTE - timedelta(microseconds=1), 1),
        (START + MINUTE, 3),
        (START + 5.5 * MINUTE, 11),
        (START + 6 * MINUTE, 13),
        (START + 6.9 * MINUTE, 13),
    ],
)
def test_the_last_position_recorded_by_an_instant(
    log: UUID, owner: psycopg.Connection[Any], instant: datetime, position: int
) -> None:
    assert position_at(owner, log, instant) == position


def test_an_instant_that_is_not_past_is_refused(log: UUID, owner: psycopg.Connection[Any]) -> None:
    with pytest.raises(Invalid, match="clock shows"):
        position_at(owner, log, START + 7 * MINUTE)


def test_an_account_without_events_knew_nothing(
    opened: Any, owner: psycopg.Connection[Any]
) -> None:
    assert position_at(owner, opened(), START) == 0


def test_an_unknown_account_is_refused(
    owner: psycopg.Connection[Any], store: PostgresStore
) -> None:
    with pytest.raises(NotFound):
        position_at(owner, store.new_id(), START)


def test_it_waits_for_a_running_append(
    log: UUID, owner: psycopg.Connection[Any], database_url: str
) -> None:
    with psycopg.connect(database_url) as appending:
        appending.execute("SELECT 1 FROM heads WHERE account_id = %s FOR UPDATE", [log])
        owner.execute("SET lock_timeout = '50ms'")
        try:
            with pytest.raises(psycopg.errors.LockNotAvailable):
                position_at(owner, log, START)
        finally:
            owner.execute("RESET lock_timeout")
