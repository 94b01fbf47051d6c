"""What is recorded together, refused together, and read back as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.application import Books, Group
from domain.shared.errors import (
    AlreadyRecorded,
    ClaimHeld,
    ClaimTaken,
    ClockRefused,
    ConcurrentChange,
    KeyReused,
    NotFound,
    RequestInProgress,
)
from domain.shared.recording import Claim, Conditions, Context, Guard, IdempotencyKey
from store.idempotency import look_up
from tests.store.conftest import BY, JANUARY
from tests.store.letters import Counter, Letter, counter, letter


def test_what_was_recorded_is_loaded_as_it_is(books, others):
    written = letter(books.new_id())
    written.note(text="first")
    recorded = books.record(written, by=BY)
    assert (recorded.first_position, recorded.last_position) == (1, 2)
    read = books.load(Letter, written.ref)
    assert read == written
    assert read.notes == ("first",)
    assert (read.created_on, read.modified_on) == (recorded.recorded_at,) * 2
    with pytest.raises(NotFound):
        others.load(Letter, written.ref)


def test_no_event_holds_a_null_character(books, log_of):
    written = letter(books.new_id())
    written.note(text="a\x00b")
    with pytest.raises(ValueError, match=r"letter\.noted"):
        books.record(written, by=BY)
    assert log_of(books) == []
    assert books.record(letter(books.new_id()), by=BY).first_position == 1


def test_an_aggregate_may_begin_by_another_event(books):
    forwarded = Letter._create(Letter.Forwarded, id=books.new_id(), to="Bo", received="Ada")
    books.record(forwarded, by=BY)
    assert books.load(Letter, forwarded.id) == forwarded


def test_events_stand_in_the_order_of_the_arguments(books, log_of):
    one, two = letter(books.new_id()), counter(books.new_id())
    one.note(text="x")
    books.record(two, one, two, by=BY)
    assert log_of(books) == [(1, "counter.created"), (2, "letter.created"), (3, "letter.noted")]


def test_who_and_why_stand_on_each_event(books, owner):
    cause, request = books.new_id(), books.new_id()
    by = Context("col_1", "console", "asked for", "req_9", cause, request, "key-7")
    written = letter(books.new_id())
    written.note(text="x")
    books.record(written, by=by)
    rows = owner.execute(
        "SELECT actor, channel, reason, request_id, causation_id, correlation_id,"
        " idempotency_key, event_id"
        " FROM stored_events WHERE account_id = %s ORDER BY position",
        [books.account_id],
    ).fetchall()
    assert [row[:7] for row in rows] == [
        ("col_1", "console", "asked for", "req_9", cause, request, "key-7")
    ] * 2
    assert rows[0][7] < rows[1][7]
    assert rows[0][7].version == 7


@pytest.mark.parametrize("ref", ["let_", "cus_00000000000000000000000000", "nonsense", ""])
def test_a_ref_that_names_nothing_is_not_found(books, ref):
    with pytest.raises(NotFound):
        books.load(Letter, ref)


def test_a_ref_of_another_kind_is_not_found(books):
    written = letter(books.new_id())
    books.record(written, by=BY)
    with pytest.raises(NotFound):
        books.load(Counter, written.id)


def test_many_are_loaded_in_the_order_asked_for(books):
    written = [letter(books.new_id(), to=str(number)) for number in range(500)]
    books.record(*written, by=BY)
    wanted = [each.ref for each in reversed(written)]
    assert [each.ref for each in books.load_many(Letter, wanted).values()] == wanted
    with pytest.raises(NotFound):
        books.load_many(Letter, [*wanted, books.new_id()])
    assert books.load_many(Letter, []) == {}


def test_a_thing_is_loaded_as_it_was(books):
    written = letter(books.new_id())
    books.record(letter(books.new_id()), by=BY)
    books.record(written, by=BY)
    written.note(text="later")
    books.record(written, by=BY)
    assert books.load_as_of(Letter, written.ref, 1) is None
    then = books.load_as_of(Letter, written.ref, 2)
    assert then is not None
    assert then.notes == ()
    assert books.load_as_of(Letter, written.ref, 3) == written


def test_two_who_decide_on_the_same_version_cannot_both(books, others, log_of):
    written = letter(books.new_id())
    books.record(written, by=BY)
    same = books.load(Letter, written.ref)
    written.note(text="mine")
    same.note(text="yours")
    books.record(written, by=BY)
    before = (log_of(books), books.head(), log_of(others))
    with pytest.raises(ConcurrentChange):
        books.record(letter(books.new_id()), same, by=BY)
    assert (log_of(books), books.head(), log_of(others))[0] == before[0]
    assert books.head().position == before[1].position
    assert books.load(Letter, written.ref).notes == ("mine",)


def test_a_guard_that_moved_refuses_the_append(books, log_of):
    read, written = letter(books.new_id()), letter(books.new_id())
    books.record(read, by=BY)
    guard = Conditions(guards=[Guard(read.id, 1)])
    books.record(written, by=BY, given=guard)
    read.note(text="moved")
    books.record(read, by=BY)
    before = log_of(books)
    written.note(text="decided too late")
    with pytest.raises(ConcurrentChange):
        books.record(written, by=BY, given=guard)
    assert log_of(books) == before


def test_a_guard_may_say_that_a_thing_is_not_there_yet(books):
    absent = books.new_id()
    books.record(letter(books.new_id()), by=BY, given=Conditions(guards=[Guard(absent, 0)]))
    with pytest.raises(ConcurrentChange):
        books.record(letter(books.new_id()), by=BY, given=Conditions(guards=[Guard(absent, 1)]))


def test_a_claim_has_one_owner_an_account(books, others, log_of):
    first, second = letter(books.new_id()), letter(books.new_id())
    books.record(first, by=BY, given=Conditions(claims=[Claim("email", "a@b", first.id)]))
    before = log_of(books)
    with pytest.raises(ClaimTaken) as refused:
        books.record(second, by=BY, given=Conditions(claims=[Claim("email", "a@b", second.id)]))
    assert (refused.value.kind, refused.value.value) == ("email", "a@b")
    assert log_of(books) == before
    assert books.owner_of("email", "a@b") == first.id
    assert others.owner_of("email", "a@b") is None
    theirs = letter(others.new_id())
    others.record(theirs, by=BY, given=Conditions(claims=[Claim("email", "a@b", theirs.id)]))


def test_claims_that_collide_within_an_append_are_refused(books, log_of):
    one, two = letter(books.new_id()), letter(books.new_id())
    claims = [Claim("email", "a@b", one.id), Claim("email", "a@b", two.id)]
    with pytest.raises(ClaimTaken):
        books.record(one, two, by=BY, given=Conditions(claims=claims))
    assert log_of(books) == []
    assert books.owner_of("email", "a@b") is None


def test_its_owner_may_claim_again_and_give_a_claim_on(books):
    first, second = books.new_id(), books.new_id()
    mine, yours = Claim("email", "a@b", first), Claim("email", "a@b", second)
    books.record(letter(first), by=BY, given=Conditions(claims=[mine]))
    books.record(letter(books.new_id()), by=BY, given=Conditions(claims=[mine]))
    given_on = Conditions(releases=[mine], claims=[yours])
    books.record(letter(second), by=BY, given=given_on)
    assert books.owner_of("email", "a@b") == second
    books.record(letter(books.new_id()), by=BY, given=Conditions(releases=[mine]))
    assert books.owner_of("email", "a@b") == second, "only its owner gives a claim up"


def test_a_forbidden_claim_refuses_the_append(books, log_of):
    owner = books.new_id()
    claim = Claim("active_plan:prod_1", "plan_1", owner)
    forbidding = Conditions(forbidden_claims=["active_plan:prod_1"])
    books.record(letter(owner), by=BY, given=Conditions(claims=[claim]))
    before = log_of(books)
    with pytest.raises(ClaimHeld):
        books.record(letter(books.new_id()), by=BY, given=forbidding)
    assert log_of(books) == before
    books.record(letter(books.new_id()), by=BY, given=Conditions(releases=[claim]))
    books.record(letter(books.new_id()), by=BY, given=forbidding)


def test_a_request_happens_once(books, store, log_of):
    key = IdempotencyKey("k1", b"hash", {"status": 201, "body": {"id": "let_1"}})
    recorded = books.record(letter(books.new_id()), by=BY, given=Conditions(key=key))
    before = log_of(books)
    with pytest.raises(AlreadyRecorded):
        books.record(letter(books.new_id()), by=BY, given=Conditions(key=key))
    other = IdempotencyKey("k1", b"another", {})
    with pytest.raises(KeyReused):
        books.record(letter(books.new_id()), by=BY, given=Conditions(key=other))
    assert log_of(books) == before
    with store.connections.connection() as connection:
        found = look_up(connection, books.account_id, "k1", b"hash")
        assert found is not None
        assert (found.answer, found.position) == (key.answer, recorded.last_position)
        with pytest.raises(KeyReused):
            look_up(connection, books.account_id, "k1", b"another")
        assert look_up(connection, books.account_id, "k2", b"hash") is None


def test_an_intent_is_in_progress_until_its_outcome_is_saved(books, others, store):
    intent = IdempotencyKey("k1", b"hash")
    payment = letter(books.new_id())
    books.record(payment, by=BY, given=Conditions(key=intent))
    with pytest.raises(RequestInProgress):
        books.record(letter(books.new_id()), by=BY, given=Conditions(key=intent))
    others.record(letter(others.new_id()), by=BY, given=Conditions(key=intent))
    payment.note(text="approved")
    books.record(payment, by=BY, given=Conditions(completes_key=("k1", {"status": 200})))
    with pytest.raises(AlreadyRecorded):
        books.record(letter(books.new_id()), by=BY, given=Conditions(key=intent))
    with store.connections.connection() as connection:
        found = look_up(connection, books.account_id, "k1", b"hash")
        assert found is not None
        assert found.answer == {"status": 200}
        theirs = look_up(connection, others.account_id, "k1", b"hash")
        assert theirs is not None
        assert theirs.answer is None


def test_a_refused_append_leaves_its_key_free(books):
    key = IdempotencyKey("k1", b"hash", {})
    with pytest.raises(ConcurrentChange):
        books.record(
            letter(books.new_id()),
            by=BY,
            given=Conditions(key=key, guards=[Guard(books.new_id(), 9)]),
        )
    books.record(letter(books.new_id()), by=BY, given=Conditions(key=key))


def test_an_append_without_events_may_take_a_key(books, log_of):
    key = IdempotencyKey("k1", b"hash", {"changed": False})
    recorded = books.record(by=BY, given=Conditions(key=key))
    assert recorded.last_position < recorded.first_position
    assert log_of(books) == []
    with pytest.raises(AlreadyRecorded):
        books.record(by=BY, given=Conditions(key=key))


def test_nothing_is_recorded_for_an_account_that_was_not_opened(store):
    nobody = Books(store.new_id(), store)
    with pytest.raises(NotFound):
        nobody.record(letter(nobody.new_id()), by=BY)
    with pytest.raises(NotFound):
        nobody.head()


def test_documents_are_numbered_in_their_series(books, others):
    letters = [letter(books.new_id()) for _ in range(3)]
    for each, series in zip(letters, ["INV-", "CN-", "INV-"], strict=True):
        each.note(text="before")
        each.post(series=series)
    books.record(*letters, by=BY)
    assert [each.number for each in letters] == ["INV-000001", "CN-000001", "INV-000002"]
    assert [books.load(Letter, each.id).number for each in letters] == [
        each.number for each in letters
    ]
    theirs = letter(others.new_id())
    theirs.post(series="INV-")
    others.record(theirs, by=BY)
    assert theirs.number == "INV-000001"


def test_a_refused_document_leaves_no_gap(books):
    lost, kept = letter(books.new_id()), letter(books.new_id())
    lost.post(series="INV-")
    with pytest.raises(ConcurrentChange):
        books.record(lost, by=BY, given=Conditions(guards=[Guard(books.new_id(), 1)]))
    kept.post(series="INV-")
    books.record(kept, by=BY)
    assert kept.number == "INV-000001"


def test_a_series_outgrows_six_digits(books, owner):
    owner.execute("INSERT INTO document_series VALUES (%s, 'INV-', 999999)", [books.account_id])
    written = letter(books.new_id())
    written.post(series="INV-")
    books.record(written, by=BY)
    assert written.number == "INV-1000000"


def test_a_live_account_runs_on_the_databases_time(books, owner):
    before = owner.execute("SELECT clock_timestamp()").fetchone()[0]
    recorded = books.record(letter(books.new_id()), by=BY)
    assert before <= recorded.recorded_at <= books.now()
    assert books.head().livemode
    with pytest.raises(ClockRefused):
        books.record(letter(books.new_id()), by=BY, given=Conditions(clock=JANUARY))
    assert books.head().position == 1


def test_a_test_account_runs_on_its_clock(test_books, owner):
    assert test_books.now() == JANUARY
    assert test_books.record(letter(test_books.new_id()), by=BY).recorded_at == JANUARY
    later = JANUARY + timedelta(days=1, microseconds=1)
    moved = test_books.record(letter(test_books.new_id()), by=BY, given=Conditions(clock=later))
    assert moved.recorded_at == later == test_books.now()
    with pytest.raises(ClockRefused):
        test_books.record(letter(test_books.new_id()), by=BY, given=Conditions(clock=JANUARY))
    assert test_books.head().position == 2
    (wall,) = owner.execute(
        "SELECT max(wall_at) FROM stored_events WHERE account_id = %s", [test_books.account_id]
    ).fetchone()
    assert abs(wall - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_clock_is_set_back_only_while_the_log_stands_where_it_was_seen(test_books):
    test_books.record(letter(test_books.new_id()), by=BY)
    back = datetime(2020, 2, 29, tzinfo=UTC)
    with pytest.raises(ConcurrentChange):
        test_books.record(
            letter(test_books.new_id()), by=BY, given=Conditions(clock=back, rewinds_at=0)
        )
    set_back = Conditions(clock=back, rewinds_at=1)
    assert test_books.record(letter(test_books.new_id()), by=BY, given=set_back)[2] == back
    assert test_books.now() == back


def test_time_never_falls_even_if_the_databases_does(books, owner):
    owner.execute(
        "UPDATE heads SET recorded_at = '2100-01-01Z' WHERE account_id = %s", [books.account_id]
    )
    recorded = books.record(letter(books.new_id()), by=BY)
    assert recorded.recorded_at == datetime(2100, 1, 1, tzinfo=UTC)


def test_a_thousand_events_in_one_save(books, log_of):
    letters = [letter(books.new_id()) for _ in range(700)]
    for each in letters[:500]:
        each.note(text="x" * 3000)
    recorded = books.record(*letters, by=BY)
    assert (recorded.first_position, recorded.last_position) == (1, 1200)
    assert [position for position, _ in log_of(books)] == list(range(1, 1201))
    assert list(books.load_many(Letter, [each.id for each in letters]).values()) == letters


def test_bulk_work_loses_only_the_group_that_conflicts(books, log_of):
    written = [letter(books.new_id()) for _ in range(1200)]
    books.record(*written, by=BY)
    stale = books.load(Letter, written[777].id)
    stale.note(text="first")
    books.record(stale, by=BY)
    for each in written:
        each.note(text="bulk")
    beside = {each.id: counter(books.new_id()) for each in written}
    groups = [Group([each, beside[each.id]]) for each in written]
    lost = books.record_in_bulk(iter(groups), by=BY)
    assert [loss.group.aggregates[0].id for loss in lost] == [written[777].id]
    assert isinstance(lost[0].error, ConcurrentChange)
    assert len(log_of(books)) == 1200 + 1 + 2 * 1199
    with pytest.raises(NotFound):
        books.load(Counter, beside[written[777].id].id)


def test_bulk_work_appends_five_hundred_aggregates_at_a_time(books, owner):
    books.record_in_bulk((Group([letter(books.new_id())]) for _ in range(1100)), by=BY)
    rows = owner.execute(
        "SELECT position FROM stored_events WHERE account_id = %s AND chain IS NOT NULL"
        " ORDER BY position",
        [books.account_id],
    ).fetchall()
    assert [row[0] for row in rows] == [500, 1000, 1100]


def test_bulk_groups_may_carry_claims(books):
    taken = letter(books.new_id())
    books.record(taken, by=BY, given=Conditions(claims=[Claim("old", "2", taken.id)]))
    letters = [letter(books.new_id()) for _ in range(4)]
    groups = [
        Group([each], Conditions(claims=[Claim("old", str(number), each.id)]))
        for number, each in enumerate(letters)
    ]
    (lost,) = books.record_in_bulk(groups, by=BY)
    assert lost.group is groups[2]
    assert books.owner_of("old", "3") == letters[3].id


def test_groups_that_rest_on_each_other_are_recorded_one_after_the_other(books):
    """Each guards what the other changes: had both been accepted, neither could have been first."""
    one, two = letter(books.new_id()), letter(books.new_id())
    books.record(one, two, by=BY)
    one.note(text="because two is unchanged")
    two.note(text="because one is unchanged")
    groups = [
        Group([one], Conditions(guards=[Guard(two.id, 1)])),
        Group([two], Conditions(guards=[Guard(one.id, 1)])),
    ]
    assert [loss.group for loss in books.record_in_bulk(groups, by=BY)] == [groups[1]]


def test_what_is_loaded_ahead_is_taken_once_and_what_is_not_there_is_left_to_its_load(store, books):
    one, two = letter(books.new_id()), counter(books.new_id())
    books.record(one, two, by=BY)
    books.load_ahead(one.ref, None, two.id, "let_nothing", books.new_id())
    elsewhere = Books(books.account_id, store)
    one.note(text="later")
    elsewhere.record(one, by=BY)
    assert books.load(Letter, one.ref).notes == ()
    assert books.load(Letter, one.ref).notes == ("later",)
    with pytest.raises(NotFound):
        books.load(Letter, two.id)
    with pytest.raises(NotFound):
        books.load(Letter, "let_nothing")
    books.load_ahead(one.ref, two.id)
    books.load_ahead(two.id)
    assert books.load(Letter, one.ref).version == one.version


def test_what_is_known_not_to_be_there_is_not_asked_for_again(store, books):
    one, absent, none = letter(books.new_id()), books.new_id(), books.new_id()
    books.record(one, by=BY)
    books.load_ahead(one.ref, known={absent: Counter, none: Letter})
    elsewhere = Books(books.account_id, store)
    elsewhere.record(counter(absent), by=BY)
    assert books.load_known(Counter, [absent]) == {}
    assert books.load_known(Counter, [absent]).keys() == {absent}
    elsewhere.record(letter(none), by=BY)
    assert books.load(Letter, none).id == none


def test_a_long_history_is_foreseen_from_its_snapshot(books):
    one, counted = letter(books.new_id()), counter(books.new_id())
    for day in range(1, 13):
        counted.count(amount=day, counted_on=date(2026, 1, day))
    books.record(one, counted, by=BY)
    found = books.recorder.look_ahead({one.id: Letter, counted.id: Counter}, [])
    assert found[one.id].snapshot is None
    assert found[counted.id].snapshot is not None
    books.load_ahead(one.ref, known={counted.id: Counter})
    assert books.load_known(Counter, [counted.id]) == {counted.id: counted}


def test_nothing_that_was_foreseen_outlives_an_append(books, test_books):
    one, two = letter(books.new_id()), letter(books.new_id())
    books.record(one, two, by=BY)
    books.load_ahead(one.ref, two.ref)
    one.note(text="later")
    books.record(one, by=BY)
    assert books.load(Letter, one.ref).notes == ("later",)
    test_books.foresee({}, test_books.head()._replace(now=JANUARY + timedelta(days=1)))
    test_books.record(letter(test_books.new_id()), by=BY)
    assert test_books.now() == JANUARY


def test_a_foreseen_instant_is_told_once(test_books):
    test_books.foresee({}, test_books.head()._replace(now=JANUARY + timedelta(days=1)))
    assert [test_books.now(), test_books.now()] == [JANUARY + timedelta(days=1), JANUARY]


def test_a_cache_hands_out_what_is_stored(store, books):
    cached = Books(books.account_id, store, cache=10)
    written = letter(books.new_id())
    cached.record(written, by=BY)
    assert cached.load(Letter, written.id) is written
    written.note(text="decided and dropped")
    again = cached.load(Letter, written.id)
    assert again is not written
    assert again.notes == ()


def test_a_cache_forgets_what_was_refused(store, books):
    cached = Books(books.account_id, store, cache=10)
    written = letter(books.new_id())
    cached.record(written, by=BY)
    elsewhere = books.load(Letter, written.id)
    elsewhere.note(text="elsewhere")
    books.record(elsewhere, by=BY)
    written.note(text="stale")
    with pytest.raises(ConcurrentChange):
        cached.record(written, by=BY)
    assert cached.load(Letter, written.id).notes == ("elsewhere",)


def test_a_snapshot_shortens_what_is_read(books, owner):
    counted = counter(books.new_id())
    for day in range(1, 13):
        counted.count(amount=day, counted_on=date(2026, 1, day))
    books.record(counted, by=BY)
    assert kept_snapshots(owner, counted) == [13]
    counted.count(amount=100, counted_on=date(2026, 2, 1))
    books.record(counted, by=BY)
    assert kept_snapshots(owner, counted) == [13]
    history = books.recorder.histories(Counter, [counted.id])[counted.id]
    assert history.snapshot is not None
    assert len(history.events) == 1
    assert books.load(Counter, counted.id) == counted
    counted.count(amount=1, counted_on=date(2026, 3, 1))
    books.record(counted, by=BY)
    assert kept_snapshots(owner, counted) == [13, 15]
    assert books.load(Counter, counted.id) == counted


@pytest.mark.parametrize(
    "spoil",
    [
        """UPDATE snapshots SET state = '{"total": "12"}' WHERE originator_id = %s""",
        "UPDATE snapshots SET topic = 'counter#0' WHERE originator_id = %s",
    ],
)
def test_a_snapshot_of_another_shape_is_not_used(books, owner, spoil):
    counted, beside = counter(books.new_id()), counter(books.new_id())
    for each in (counted, beside):
        for day in range(1, 8):
            each.count(amount=1, counted_on=date(2026, 1, day))
    books.record(counted, beside, by=BY)
    owner.execute(spoil, [counted.id])
    loaded = books.load_many(Counter, [beside.id, counted.id])
    assert list(loaded.values()) == [beside, counted]
    books.load_ahead(known={beside.id: Counter, counted.id: Counter})
    known = books.load_known(Counter, [beside.id, counted.id])
    assert list(known.values()) == [beside, counted]


def test_a_state_its_snapshot_does_not_describe_is_refused_before_anything_is_recorded(
    books, log_of
):
    counted = counter(books.new_id())
    for _ in range(6):
        counted.count(amount=1, counted_on=date(2026, 1, 1))
    counted.unheard_of = 1
    with pytest.raises(TypeError, match="SNAPSHOT"):
        books.record(counted, by=BY)
    assert log_of(books) == []


def test_the_librarys_interface_reads_the_same_log(books):
    written = letter(books.new_id())
    written.note(text="x")
    books.record(letter(books.new_id()), by=BY)
    books.record(written, by=BY)
    assert books.repository.get(written.id) == written
    assert books.repository.get(written.id, version=1).notes == ()
    selected = books.notification_log.select(start=2, limit=10)
    assert [(each.id, each.topic) for each in selected] == [
        (2, "letter.created"),
        (3, "letter.noted"),
    ]
    assert books.recorder.max_notification_id() == 3
    (noted,) = books.recorder.select_notifications(1, 10, topics=["letter.noted"])
    assert noted.id == 3
    written.note(text="y")
    (recording,) = books.save(written, by=BY)
    assert recording.notification.id == 4


def kept_snapshots(owner, aggregate):
    return [
        row[0]
        for row in owner.execute(
            "SELECT originator_version FROM snapshots WHERE originator_id = %s ORDER BY 1",
            [aggregate.id],
        )
    ]
