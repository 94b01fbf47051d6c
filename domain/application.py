"""One account's books: loads aggregates, records what they decided. No rules."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.utils import Environment

from domain.shared.aggregate import Aggregate
from domain.shared.errors import DomainError, Invalid, NotFound
from domain.shared.foreseen import Foreseen, replay
from domain.shared.groups import Group as Group
from domain.shared.groups import Lost as Lost
from domain.shared.groups import batches, conditions_of_all, refuse_entangled
from domain.shared.identifiers import MalformedId, typed_id, uuid_of
from domain.shared.kept import Kept
from domain.shared.recording import (
    NO_CONDITIONS,
    BooksRecorder,
    Conditions,
    Context,
    Guard,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from eventsourcing.application import LocalNotificationLog, Repository
    from eventsourcing.persistence import EventStore

    from domain.shared.recording import Claim, Head, History, Recorded

A = TypeVar("A", bound=Aggregate)

_ENVIRONMENT = Environment()


class Books(Application[UUID]):
    """Cheap to construct, one for each request; what is shared lives in the store.

    With a `cache`, aggregates are kept after loading and recording, and handed out as they are:
    for bulk work by one thread. An aggregate whose recording failed is dropped from it. Where
    `touched` is a set, what is recorded is noted there, with the subscription that it is of.
    """

    recorder: BooksRecorder
    factory: Store

    def __init__(self, account_id: UUID, store: Store, *, cache: int | None = None) -> None:
        self.account_id = account_id
        self._store = store
        self._cache_size = cache
        self._kept = None if cache is None else Kept(cache)
        self._foreseen = Foreseen()
        self._expected: tuple[Guard, ...] = ()
        self.touched: set[str] | None = None
        # Not the library's constructor: it would make more for each of us, see the properties.
        self.env = _ENVIRONMENT  # type: ignore[misc]
        self.factory, self.mapper = store, store.mapper()
        self.recorder = store.recorder_of(account_id)
        self.snapshots = None

    def load(self, kind: type[A], ref: str | UUID, *, field: str | None = None) -> A:
        """Raises NotFound if there is none, or if it is of another kind.

        With the request's `field` that named it, the refusal is Invalid instead.
        """
        try:
            (found,) = self.load_many(kind, [ref]).values()
        except NotFound as absent:
            if field is None:
                raise
            raise Invalid.one(field, absent.code, absent.detail) from None
        return found

    def load_many(self, kind: type[A], refs: Iterable[str | UUID]) -> dict[UUID, A]:
        """In the order of the refs, by one query. Raises NotFound if one is missing."""
        ids = [_uuid(kind, ref) for ref in refs]
        kept = self._kept
        found: dict[UUID, Any] = {each: kept.get(each) if kept else None for each in ids}
        found |= self._foreseen.take(ids)
        missing = [aggregate_id for aggregate_id, known in found.items() if known is None]
        if missing:
            for aggregate_id, history in self.recorder.histories(kind, missing).items():
                loaded = found[aggregate_id] = replay(history)
                if kept is not None:
                    kept.put(loaded)
        for aggregate_id, aggregate in found.items():
            if type(aggregate) is not kind:
                raise NotFound(
                    detail=f"there is no {kind.TOPIC} {typed_id(kind.prefix, aggregate_id)!r}"
                )
        return found

    def load_known(self, kind: type[A], ids: Sequence[UUID]) -> dict[UUID, A]:
        """Those that there are, by one query."""
        known = self._foreseen.take(ids)
        asked = [each for each in ids if each not in known]
        histories = self.recorder.histories(kind, asked) if asked else {}
        known |= {each: replay(history) for each, history in histories.items()}
        return {each: found for each, found in known.items() if found is not None}

    def load_ahead(
        self,
        *refs: str | UUID | None,
        known: Mapping[UUID, type[Aggregate]] | None = None,
        keys: Sequence[str] = (),
    ) -> None:
        """By one exchange what is loaded next, one after another; each `load` takes its own.

        The refs are of any kinds with short histories, and what is not found is left to its
        `load`. `known` tells the kinds of others, for `load_known`. By the `keys` so named
        personal data is sealed next.
        """
        kinds = self._foreseen.wanting(refs, known or {})
        if self._kept is None and len(kinds) + len(keys) > 1:
            found = self.recorder.look_ahead(kinds, keys)
            absent = [each for each in known or () if each in kinds and each not in found]
            self._foreseen.add(dict.fromkeys(absent))
            self.foresee(found)

    def foresee(self, histories: Mapping[UUID, History], head: Head | None = None) -> None:
        """What was read a moment ago is not read again: the next `load` of each, the next `now`.

        Until something is recorded, or was to be.
        """
        self._foreseen.add(histories, head and head.now)
        if head is not None:
            self.recorder.heard(head)

    def load_as_of(self, kind: type[A], ref: str | UUID, position: int) -> A | None:
        """As it was at a position of the log; None if it was not there yet."""
        aggregate_id = _uuid(kind, ref)
        histories = self.recorder.histories(kind, [aggregate_id], until=position)
        aggregate = replay(histories[aggregate_id]) if histories else None
        return aggregate if isinstance(aggregate, kind) else None

    def record(
        self, *aggregates: Aggregate, by: Context, given: Conditions = NO_CONDITIONS
    ) -> Recorded:
        """Stores the aggregates' new events, in this order, in one append.

        Raises the DomainError that says why nothing was recorded; the aggregates are then to be
        loaded again.
        """
        changed = _distinct(aggregates)
        self._foreseen = Foreseen()
        try:
            stored = [event for aggregate in changed for event in self._store.stored(aggregate)]
            snapshots = [self.recorder.snapshot(each) for each in changed if _snapshot_due(each)]
            recorded = self.recorder.append(stored, by, self._as_expected(given))
        except BaseException:
            if self._kept is not None:
                self._kept.forget(changed)
            raise
        self._settle(changed, recorded)
        if snapshots:
            self.recorder.keep_snapshots(snapshots)
        return recorded

    def expect(self, aggregate_id: UUID, version: int) -> None:
        """The next append must find the aggregate so: ConcurrentChange is raised if it moved."""
        self._expected = (Guard(aggregate_id, version),)

    def _as_expected(self, given: Conditions) -> Conditions:
        expected, self._expected = self._expected, ()
        return replace(given, guards=(*given.guards, *expected)) if expected else given

    def record_in_bulk(self, groups: Iterable[Group], by: Context) -> list[Lost]:
        """Stores groups in appends of many, each group whole. Returns those that were refused.

        A refused append is tried again by halves, so one conflict costs its group only.
        """
        lost: list[Lost] = []
        for batch in batches(groups):
            lost.extend(self._record_by_halves(batch, by))
        return lost

    def owner_of(self, kind: str, value: str) -> UUID | None:
        """Who holds the claim on a value, if anybody."""
        return self.recorder.claim_owners(kind, [value]).get(value)

    def owners_of(self, kind: str, values: Sequence[str]) -> dict[str, UUID]:
        """Who holds which claim of a kind, by value; unclaimed values are left out."""
        return self.recorder.claim_owners(kind, values)

    def claimants(self, kind: str, limit: int) -> list[UUID]:
        """Some of those who hold a claim of a kind; none if nobody does."""
        return self.recorder.claimants(kind, limit)

    def has_besides(self, nouns: Sequence[str]) -> bool:
        """Whether there are events of other aggregates than those whose topics begin so."""
        return self.recorder.has_besides(nouns)

    def through(self, store: Store) -> Books:
        """The same books, expecting the same, through another store: a transaction's, say."""
        books = Books(self.account_id, store, cache=self._cache_size)
        books._expected, self._expected = self._expected, ()
        return books

    def claims_in(self, kinds: Sequence[str]) -> list[Claim]:
        """Every claim of some kinds of which there are few each."""
        return self.recorder.claims_in(kinds) if kinds else []

    def ref_of(self, aggregate_id: UUID, prefix: str) -> str:
        return typed_id(prefix, aggregate_id)

    def new_id(self) -> UUID:
        return self.factory.new_id()

    def head(self) -> Head:
        """The end of the account's log. Raises NotFound for an account that was not opened."""
        return self.recorder.head()

    def now(self) -> datetime:
        """The account's time: a test account's clock, else the database's."""
        return self._foreseen.take_now() or self.recorder.now()

    # What the library makes beforehand, made for who asks.

    @cached_property
    def events(self) -> EventStore[UUID]:  # type: ignore[override]
        return self.construct_event_store()

    @cached_property
    def _repository(self) -> Repository[UUID]:  # type: ignore[override]
        return self.construct_repository()

    @cached_property
    def _notification_log(self) -> LocalNotificationLog:  # type: ignore[override]
        return self.construct_notification_log()

    def close(self) -> None:
        """Owns nothing that would need closing."""

    def __del__(self) -> None:
        """The library closes the factory here; ours is shared."""

    def _settle(self, aggregates: Sequence[Aggregate], recorded: Recorded) -> None:
        numbers = iter(recorded.numbers or ())
        for aggregate in aggregates:
            for event in aggregate.pending_events:
                event.__dict__["timestamp"] = recorded.recorded_at
                number = next(numbers, None)
                if number is not None:
                    event.__dict__["number"] = number
                    if hasattr(aggregate, "number"):
                        aggregate.number = number
            if aggregate.pending_events:
                aggregate.recorded(recorded.recorded_at)
                if self.touched is not None:
                    self.touched.update((aggregate.ref, getattr(aggregate, "subscription_id", "")))
            if self._kept is not None:
                self._kept.put(aggregate)

    def _record_by_halves(self, groups: Sequence[Group], by: Context) -> Iterator[Lost]:
        try:
            if len(groups) > 1:
                refuse_entangled(groups)
            self.record(
                *(aggregate for group in groups for aggregate in group.aggregates),
                by=by,
                given=conditions_of_all([group.given for group in groups]),
            )
        except DomainError as error:
            if len(groups) == 1:
                yield Lost(groups[0], error)
                return
            middle = len(groups) // 2
            yield from self._record_by_halves(groups[:middle], by)
            yield from self._record_by_halves(groups[middle:], by)


def _uuid(kind: type[Aggregate], ref: str | UUID) -> UUID:
    if isinstance(ref, UUID):
        return ref
    try:
        return uuid_of(ref, kind.prefix)
    except MalformedId:
        raise NotFound(detail=f"there is no {kind.TOPIC} {ref[:100]!a}") from None


def _distinct(aggregates: Sequence[Aggregate]) -> Sequence[Aggregate]:
    if len(aggregates) == 1:
        return aggregates
    return list({id(aggregate): aggregate for aggregate in aggregates}.values())


def _snapshot_due(aggregate: Aggregate) -> bool:
    if aggregate.SNAPSHOT is None or aggregate.has_personal_state:
        return False
    before = aggregate.version - len(aggregate.pending_events)
    return aggregate.version // aggregate.SNAPSHOT_EVERY > before // aggregate.SNAPSHOT_EVERY
