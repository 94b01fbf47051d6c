"""What an event holds survives the log exactly, or is refused before it gets there."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import MapperDeserialisationError
from eventsourcing.utils import TopicError
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.shared.aggregate import Aggregate
from domain.shared.facts import event
from domain.shared.personal import personal_fields
from store.codec import TypedMapper
from store.event_codec import EventCodec
from store.ids import SeededIds, new_id
from tests.store.letters import Everything, Letter, Stamp, Tone, letter

NOW = datetime(2026, 11, 22, 12, 0, 0, 5, tzinfo=UTC)
MAPPER = TypedMapper()

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
whole = st.integers(-(2**63), 2**63 - 1)
rate = st.decimals(allow_nan=False, allow_infinity=False)
instants = st.datetimes(
    datetime(1, 1, 2),
    datetime(9999, 12, 30),
    timezones=st.just(UTC),
)
stamps = st.builds(Stamp, whole, st.sampled_from(Tone), st.dates(), st.none() | rate)
plain = st.recursive(
    st.none() | st.booleans() | whole | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
everything = st.fixed_dictionaries(
    {
        "text": text,
        "amount": whole,
        "flag": st.booleans(),
        "day": st.dates(),
        "instant": instants,
        "rate": rate,
        "id_": st.uuids(),
        "tone": st.sampled_from(Tone),
        "kind": st.sampled_from(["a", "b"]),
        "stamp": stamps,
        "stamps": st.lists(stamps, max_size=3).map(tuple),
        "words": st.lists(text, max_size=3),
        "pairs": st.dictionaries(text, whole, max_size=3),
        "plain": st.dictionaries(text, plain, max_size=3),
        "maybe_text": st.none() | text,
        "maybe_stamp": st.none() | stamps,
    },
    optional={
        "maybe_day": st.none() | st.dates(),
        "email": st.none() | text,
        "added_later": st.lists(text, max_size=3),
    },
)


@settings(deadline=None)
@given(everything)
def test_each_supported_type_survives(values):
    made = Everything._create(Everything.Created, id=new_id(), **values).pending_events[0]
    stored = MAPPER.to_stored_event(made)
    read = MAPPER.event(made.originator_id, 1, stored.topic, stored.state, made.timestamp, None)
    assert read == made
    assert types_in(read.__dict__) == types_in(made.__dict__)
    assert json.loads(stored.state).keys() == values.keys() | {
        "maybe_day", "email", "added_later",
    }  # fmt: skip


def types_in(value):
    """The exact types all the way down: True is not 1, a tuple not a list."""
    if isinstance(value, dict):
        return {key: types_in(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [types_in(each) for each in value]
    if isinstance(value, Stamp):
        return Stamp, types_in({name: getattr(value, name) for name in Stamp.__slots__})
    return type(value)


def example(**changed):
    values = {
        "text": "t", "amount": 1, "flag": True, "day": NOW.date(), "instant": NOW,
        "rate": Decimal("1.10"), "id_": UUID(int=7), "tone": Tone.KIND, "kind": "a",
        "stamp": Stamp(1, Tone.FIRM, NOW.date()), "stamps": (), "words": [], "pairs": {},
        "plain": {}, "maybe_text": None, "maybe_stamp": None,
    }  # fmt: skip
    return Everything._create(Everything.Created, id=new_id(), **{**values, **changed})


def state_of(aggregate) -> dict[str, Any]:
    return json.loads(MAPPER.to_stored_event(aggregate.pending_events[-1]).state)


def test_the_state_reads_plainly():
    state = state_of(example(instant=NOW.astimezone(timezone(timedelta(hours=2)))))
    assert state["instant"] == "2026-11-22T12:00:00.000005Z"
    assert state["rate"] == "1.10"
    assert state["day"] == "2026-11-22"
    assert state["tone"] == "kind"
    assert state["id_"] == "00000000-0000-0000-0000-000000000007"
    assert state["stamp"] == {
        "value_minor": 1, "tone": "firm", "issued": "2026-11-22", "rate": None,
    }  # fmt: skip


def test_an_event_that_got_no_number_replays_and_is_stored_again():
    read = MAPPER.event(UUID(int=1), 2, "letter.posted", b'{"series":"INV-"}', NOW, None)
    read.apply(written := letter(new_id()))
    assert written.number is None
    assert MAPPER.to_stored_event(read).state == b'{"series":"INV-"}'


def test_what_the_store_knows_is_not_in_the_state():
    written = letter(new_id())
    written.post(series="INV-")
    assert state_of(written) == {"series": "INV-"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": 1},
        {"amount": "1"},
        {"amount": True},
        {"amount": 1.0},
        {"flag": 1},
        {"day": "2026-01-01"},
        {"instant": datetime(2026, 1, 1)},
        {"rate": 1.1},
        {"kind": "c"},
        {"tone": "loud"},
        {"stamps": []},
        {"words": ("a",)},
        {"pairs": {"a": "b"}},
        {"plain": {"day": NOW.date()}},
        {"plain": {"tuple": (1,)}},
        {"stamp": None},
        {"maybe_day": NOW},
        {"text": "\ud800"},
        {"text": "a\x00"},
        {"text": "\\\x00"},
        {"plain": {"deep": [{"a\x00": 1}]}},
        {"email": "a\x00@b.co"},
    ],
    ids=str,
)
def test_a_value_that_would_not_read_back_is_refused(wrong):
    with pytest.raises((TypeError, ValueError)):
        state_of(example(**wrong))


def test_what_only_looks_like_a_null_character_is_kept():
    assert state_of(example(text="\\u0000 \\\\u0000"))["text"] == "\\u0000 \\\\u0000"


def test_a_field_added_later_takes_its_default():
    old = json.dumps({**state_of(example()), "forgotten": 1})
    for name in ("maybe_day", "email", "added_later"):
        old = json.dumps({key: value for key, value in json.loads(old).items() if key != name})
    one, two = (
        MAPPER.event(UUID(int=1), 1, "everything.created", old.encode(), NOW, None)
        for _ in range(2)
    )
    assert (one.maybe_day, one.email, one.added_later) == (None, None, [])
    assert one.added_later is not two.added_later


def test_a_field_without_default_may_not_be_missing():
    with pytest.raises(MapperDeserialisationError, match=r"letter\.noted"):
        MAPPER.event(UUID(int=1), 1, "letter.noted", b"{}", NOW, None)


@pytest.mark.parametrize("state", [b'{"text":1}', b"{", b"[]", b"null"])
def test_a_state_that_does_not_fit_names_its_event(state):
    with pytest.raises(MapperDeserialisationError, match=r"letter\.noted .* version 3"):
        MAPPER.event(UUID(int=1), 3, "letter.noted", state, NOW, None)


def test_an_unknown_topic_is_not_guessed():
    with pytest.raises(TopicError):
        MAPPER.event(UUID(int=1), 1, "letter.unheard_of", b"{}", NOW, None)


def test_a_float_has_no_place_in_the_log():
    @dataclass(frozen=True)
    class Weighed:
        TOPIC = "letter.weighed"
        grams: dict[str, list[float]]

    with pytest.raises(TypeError, match="float"):
        EventCodec(Weighed)


class Renamed(Aggregate):
    """Its event was recorded with another shape twice before."""

    TOPIC = "renamed"
    prefix = "ren"

    class Created(Aggregate.Created):
        TOPIC = "renamed.created"
        class_version = 3
        name: str
        lines: list[str] = field(default_factory=list)

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["name"] = state.pop("title")

        @staticmethod
        def upcast_v2_v3(state: dict[str, Any]) -> None:
            state["lines"] = state.pop("text").split()

    def __init__(self, *, name: str, lines: list[str]) -> None:
        self.name, self.lines = name, lines


@pytest.mark.parametrize(
    "state",
    [
        b'{"title":"a","text":"b c"}',
        b'{"name":"a","text":"b c","class_version":2}',
        b'{"name":"a","lines":["b","c"],"class_version":3}',
    ],
)
def test_older_shapes_are_upcast(state):
    made = Renamed._create(Renamed.Created, id=new_id(), name="a", lines=["b", "c"])
    read = MAPPER.event(made.id, 1, "renamed.created", state, made.created_on, None)
    assert read == made.pending_events[0]
    assert json.loads(MAPPER.to_stored_event(read).state)["class_version"] == 3


def test_personal_fields_are_known_by_name():
    assert personal_fields(Everything.Created) == {"email"}
    assert personal_fields(Letter.Noted) == frozenset()


FRESH = """
import sys
from datetime import UTC, datetime
from uuid import UUID
import tests.store.letters
from store.codec import TypedMapper
mapper = TypedMapper()
begun = mapper.event(UUID(int=1), 1, "letter.created", b'{"to":"Ada"}', datetime.now(UTC), None)
noted = mapper.event(UUID(int=1), 2, "letter.noted", b'{"text":"x"}', datetime.now(UTC), None)
print(noted.mutate(begun.mutate(None)).notes)
"""


def test_topics_load_in_a_fresh_process():
    done = subprocess.run(
        [sys.executable, "-c", FRESH], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("('x',)\n", "")


def test_a_call_names_the_whole_fact():
    written = letter(new_id())
    with pytest.raises(TypeError, match=r"Noted: missing \['text'\], unknown \['words'\]"):
        written.note(words="x")
    assert (written.version, written.notes) == (1, ())


def test_an_aggregate_begins_with_an_id_it_is_given():
    with pytest.raises(TypeError, match="id given by the command"):
        Letter._create(Letter.Created, to="Ada")


def test_mutators_are_what_replays():
    class Doubled(Aggregate):
        TOPIC = "doubled"

        class Created(Aggregate.Created):
            TOPIC = "doubled.created"

        class Added(Aggregate.Event):
            TOPIC = "doubled.added"
            amount: int
            why: str = "unsaid"

        def __init__(self) -> None:
            self.total = 0

        @event(Added)
        def add(self, amount: int) -> None:
            self.total += amount

    live = Doubled._create(Doubled.Created, id=new_id())
    live.add(amount=2)
    live.add(3)
    replayed = None
    for each in live.pending_events:
        replayed = each.mutate(replayed)
    assert (live.total, replayed.total, replayed.version) == (5, 5, 3)
    assert live.pending_events[1].why == "unsaid"
    with pytest.raises(Exception, match="4"):
        live.pending_events[1].mutate(replayed)


def test_ids_are_of_version_7_and_in_order_of_time():
    drawn = [new_id() for _ in range(2000)]
    assert len(set(drawn)) == 2000
    assert {(each.version, each.variant) for each in drawn} == {(7, UUID(int=0x8000 << 48).variant)}
    milliseconds = [each.int >> 80 for each in drawn]
    assert milliseconds == sorted(milliseconds)


def test_seeded_ids_repeat():
    one, two, other = SeededIds(1), SeededIds(1), SeededIds(2)
    drawn = [one() for _ in range(50)]
    assert drawn == [two() for _ in range(50)]
    assert drawn == sorted(drawn)
    assert drawn[0] != other()
