"""Aggregates for the store's tests: one that is numbered, one of all types, one with snapshots."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal, TypedDict
from uuid import UUID

from domain.shared.aggregate import Aggregate
from domain.shared.facts import event
from domain.shared.personal import Personal


class Tone(StrEnum):
    KIND = "kind"
    FIRM = "firm"


@dataclass(frozen=True, slots=True)
class Stamp:
    value_minor: int
    tone: Tone
    issued: date
    rate: Decimal | None = None


class Letter(Aggregate):
    """Has a document number once it is posted, and any number of notes."""

    TOPIC = "letter"
    prefix = "let"

    class Created(Aggregate.Created):
        TOPIC = "letter.created"
        to: str

    class Forwarded(Aggregate.Created):
        """Another way a letter may begin."""

        TOPIC = "letter.forwarded"
        to: str
        received: str

    class Posted(Aggregate.Event):
        TOPIC = "letter.posted"
        SERIES_FIELD: ClassVar = "series"
        series: str
        number: str | None = None

    class Noted(Aggregate.Event):
        TOPIC = "letter.noted"
        text: str

    def __init__(self, *, to: str) -> None:
        self.to = to
        self.number: str | None = None
        self.notes: tuple[str, ...] = ()

    @event(Posted)
    def post(self, number: str | None) -> None:
        self.number = number

    @event(Noted)
    def note(self, text: str) -> None:
        self.notes = (*self.notes, text)


class Everything(Aggregate):
    """Holds a value of each type an event may have."""

    TOPIC = "everything"
    prefix = "all"

    class Created(Aggregate.Created):
        TOPIC = "everything.created"
        text: str
        amount: int
        flag: bool
        day: date
        instant: datetime
        rate: Decimal
        id_: UUID
        tone: Tone
        kind: Literal["a", "b"]
        stamp: Stamp
        stamps: tuple[Stamp, ...]
        words: list[str]
        pairs: dict[str, int]
        plain: dict[str, Any]
        maybe_text: str | None
        maybe_stamp: Stamp | None
        maybe_day: date | None = None
        email: Personal[str | None] = None
        added_later: list[str] = field(default_factory=list)

    def __init__(self, *, text: str) -> None:
        self.text = text


class CounterState(TypedDict):
    total: int
    last_on: date | None


class Counter(Aggregate):
    """Grows long, so it keeps snapshots."""

    TOPIC = "counter"
    prefix = "cnt"
    SNAPSHOT = CounterState
    SNAPSHOT_EVERY = 5

    class Created(Aggregate.Created):
        TOPIC = "counter.created"

    class Counted(Aggregate.Event):
        TOPIC = "counter.counted"
        amount: int
        counted_on: date

    def __init__(self) -> None:
        self.total = 0
        self.last_on: date | None = None

    @event(Counted)
    def count(self, amount: int, counted_on: date) -> None:
        self.total += amount
        self.last_on = counted_on


def letter(id_: UUID, to: str = "Ada") -> Letter:
    return Letter._create(Letter.Created, id=id_, to=to)


def counter(id_: UUID) -> Counter:
    return Counter._create(Counter.Created, id=id_)
