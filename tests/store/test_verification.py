"""An intact log has no findings, and no column of it can be altered without one."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.shared.recording import Conditions
from store.codec import TypedMapper
from store.verification import verify_log
from tests.store.conftest import BY, JANUARY
from tests.store.letters import counter, letter

ALTERED = {
    "event_id": "gen_random_uuid()",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "wall_at": "wall_at - interval '1 microsecond'",
    "topic": "'letter.Noted'",
    "state": """'{"text":"forged"}'""",
    "actor": "'someone else'",
    "channel": "'open_api'",
    "reason": "''",
    "request_id": "NULL",
    "idempotency_key": "'another'",
    "causation_id": "gen_random_uuid()",
    "correlation_id": "gen_random_uuid()",
    "document_number": "'INV-000009'",
    "originator_id": "gen_random_uuid()",
    "originator_version": "originator_version + 100",
    "position": "position + 1000",
    "chain": "sha256('x')",
}


@pytest.fixture
def findings(store):
    def find(books):
        with store.connections.connection() as connection:
            return list(verify_log(connection, TypedMapper(), books.account_id))

    return find


@pytest.fixture
def written(books, others):
    """An account with some of everything, and another beside it."""
    for each in (others, books):
        letters = [letter(each.new_id(), to=name) for name in ("Ada", "Bo", "Çağla 🖋")]
        for one in letters:
            one.post(series="INV-")
            one.note(text='line\nbreak \\ "quoted" \u0001 \x7f é')
        counted = counter(each.new_id())
        for day in range(1, 12):
            counted.count(amount=1, counted_on=date(2026, 1, day))
        each.record(*letters, counted, by=BY)
        letters[0].note(text="second append")
        each.record(letters[0], by=BY)
    return letters


def test_an_intact_log_has_no_findings(books, others, written, findings):
    assert findings(books) == findings(others) == []


def test_an_account_without_events_has_no_findings(books, findings):
    assert findings(books) == []


@pytest.mark.parametrize("column", ALTERED)
def test_any_altered_column_is_found(books, others, written, findings, owner, column):
    owner.execute(
        f"UPDATE stored_events SET {column} = {ALTERED[column]}"
        " WHERE account_id = %s AND position = 3",
        [books.account_id],
    )
    assert "chain" in {finding.check for finding in findings(books)}
    assert findings(others) == []


def test_every_column_is_tried(owner):
    columns = owner.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'stored_events'"
    ).fetchall()
    assert {row[0] for row in columns} == ALTERED.keys() | {"account_id"}


def test_text_cannot_move_from_one_field_to_the_next(books, findings, owner):
    books.record(letter(books.new_id()), by=BY)
    owner.execute(
        "UPDATE stored_events SET actor = actor || ' 3:api', channel = ''"
        " WHERE account_id = %s AND position = 1",
        [books.account_id],
    )
    assert [finding.check for finding in findings(books)] == ["chain"]


@pytest.mark.parametrize(
    ("damage", "checks"),
    [
        ("DELETE FROM stored_events WHERE account_id = %s AND position = 2", {"positions"}),
        ("DELETE FROM stored_events WHERE account_id = %s AND position = 22", {"positions"}),
        ("UPDATE heads SET position = 23 WHERE account_id = %s", {"positions"}),
        ("UPDATE heads SET chain = sha256('x') WHERE account_id = %s", {"chain"}),
        ("UPDATE document_series SET last_number = 4 WHERE account_id = %s", {"document numbers"}),
        ("DELETE FROM document_series WHERE account_id = %s", {"document numbers"}),
        (
            """UPDATE stored_events SET state = '{"text":1}'
                WHERE account_id = %s AND topic = 'letter.noted' AND position = 3""",
            {"replay"},
        ),
        (
            """UPDATE stored_events SET topic = 'letter.gone'
                WHERE account_id = %s AND position = 3""",
            {"replay"},
        ),
        (
            """UPDATE stored_events SET originator_version = 9
                WHERE account_id = %s AND position = 3""",
            {"replay"},
        ),
        (
            """UPDATE stored_events SET recorded_at = recorded_at + interval '1 day'
                WHERE account_id = %s AND position = 3""",
            {"times"},
        ),
        (
            """UPDATE snapshots SET state = '{"total":99,"last_on":null}' WHERE account_id = %s""",
            {"snapshots"},
        ),
        ("UPDATE snapshots SET originator_id = uuid_nil() WHERE account_id = %s", {"snapshots"}),
        (
            "UPDATE snapshots SET originator_version = 40 WHERE account_id = %s",
            {"snapshots"},
        ),
    ],
)
def test_damage_is_named(books, others, written, findings, owner, damage, checks):
    owner.execute(damage.replace("uuid_nil()", "gen_random_uuid()"), [books.account_id])
    assert checks <= {finding.check for finding in findings(books)}
    assert findings(others) == []


def test_an_append_moved_to_another_account_is_found(books, others, written, findings, owner):
    owner.execute("DELETE FROM stored_events WHERE account_id = %s", [others.account_id])
    owner.execute(
        "UPDATE stored_events SET account_id = %s WHERE account_id = %s",
        [others.account_id, books.account_id],
    )
    owner.execute(
        "UPDATE heads SET chain = (SELECT chain FROM heads WHERE account_id = %s)"
        " WHERE account_id = %s",
        [books.account_id, others.account_id],
    )
    assert "chain" in {finding.check for finding in findings(others)}


def test_a_clock_set_back_at_the_start_is_no_finding(test_books, findings):
    test_books.record(letter(test_books.new_id()), by=BY)
    for position, at in enumerate((datetime(2020, 1, 1, tzinfo=UTC), JANUARY - timedelta(days=9))):
        given = Conditions(clock=at, rewinds_at=position + 1)
        test_books.record(letter(test_books.new_id()), by=BY, given=given)
    back = Conditions(clock=datetime(2019, 1, 1, tzinfo=UTC), rewinds_at=3)
    test_books.record(letter(test_books.new_id()), by=BY, given=back)
    test_books.record(letter(test_books.new_id()), by=BY, given=Conditions(clock=JANUARY))
    assert findings(test_books) == []


def test_a_long_log_is_read_with_flat_memory(books, store):
    for _ in range(12):
        books.record(*(letter(books.new_id(), to="x" * 400) for _ in range(1000)), by=BY)
    with store.connections.connection() as connection:
        tracemalloc.start()
        try:
            assert not list(verify_log(connection, TypedMapper(), books.account_id))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 8_000_000  # all rows at once would be three times that
