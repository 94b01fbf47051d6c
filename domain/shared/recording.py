"""What is recorded together: who and why, what must still hold then, and the port that does it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from eventsourcing.domain import CanMutateAggregate
    from eventsourcing.persistence import StoredEvent

    from domain.shared.aggregate import Aggregate


@dataclass(frozen=True, slots=True)
class Context:
    """Who did it, through what and why: stands on every event of one append."""

    actor: str
    channel: str
    reason: str | None = None
    request_id: str | None = None
    causation_id: UUID | None = None
    correlation_id: UUID | None = None
    idempotency_key: str | None = None


class Claim(NamedTuple):
    """A value of a kind that only one owner in the account can hold."""

    kind: str
    value: str
    owner: UUID


class Guard(NamedTuple):
    """An aggregate that was read and not written, and must still be at this version."""

    aggregate_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A request that must happen once. Without an answer it is an intent, completed later."""

    key: str
    request_hash: bytes
    answer: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """Whose personal data goes in the same append: names of keys, and what was made of the data.

    `withdrawn` keys open what is on documents and nothing else from then on.
    """

    customer: str
    destroyed: Sequence[str]
    withdrawn: Sequence[str] = ()
    papers_of: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold, and what changes, together with the events of one append.

    `forbidden_claims` are kinds of which no claim may exist. Releases come before claims, so a
    claim can change hands in one append. `clock` moves a test account's time, forward only,
    unless `rewinds_at` names the position the log must still be at. `undocumented`: no document
    may have been given a number yet. `concludes`: nothing is asked of anybody after it.
    """

    claims: Sequence[Claim] = ()
    releases: Sequence[Claim] = ()
    forbidden_claims: Sequence[str] = ()
    guards: Sequence[Guard] = ()
    key: IdempotencyKey | None = None
    completes_key: tuple[str, Mapping[str, Any]] | None = None
    clock: datetime | None = None
    rewinds_at: int | None = None
    undocumented: bool = False
    erases: Erasure | None = None
    concludes: bool = False


NO_CONDITIONS = Conditions()


class Recorded(NamedTuple):
    """Where an append stands in the account's log; `last < first` if it held no events."""

    first_position: int
    last_position: int
    recorded_at: datetime
    chain: bytes
    numbers: Sequence[str | None] | None = None


class Head(NamedTuple):
    """The end of an account's log, and its time."""

    position: int
    recorded_at: datetime | None
    livemode: bool
    now: datetime
    chain: bytes


class History(NamedTuple):
    """What is stored of one aggregate: a snapshot if it keeps any, and the events after it."""

    snapshot: Aggregate | None
    events: list[CanMutateAggregate[UUID]]


class BooksRecorder(ApplicationRecorder):
    """One account's log, as the application needs it beyond the library's interface."""

    behind: Any = None
    """The store's: whoever wants to go on with the database right behind an append."""
    admission: Any = None
    """The store's: whether whoever asks may still do so, if that is not known yet."""
    versions: dict[UUID, int] | None = None
    """The last one of each aggregate that was appended to, where somebody wants to know them."""

    asking: bool = False
    """Gateways are asked between appends: only one that concludes is gone on behind."""

    @abstractmethod
    def append(self, events: Sequence[StoredEvent], by: Context, given: Conditions) -> Recorded:
        """Stores all or refuses all, with the DomainError that says why."""

    @abstractmethod
    def histories(
        self, kind: type[Aggregate], ids: Sequence[UUID], until: int | None = None
    ) -> dict[UUID, History]:
        """The histories of many aggregates in one query; absent ids are left out."""

    @abstractmethod
    def look_ahead(
        self, kinds: Mapping[UUID, type[Aggregate]], keys: Sequence[str]
    ) -> dict[UUID, History]:
        """The histories of aggregates of several kinds, in one exchange; absent ids are left out.

        `keys` are names of those that personal data is sealed by next: they are read with them.
        """

    @abstractmethod
    def claim_owners(self, kind: str, values: Sequence[str]) -> dict[str, UUID]:
        """Who holds which claim of a kind; unclaimed values are left out."""

    @abstractmethod
    def claimants(self, kind: str, limit: int) -> list[UUID]:
        """Some of those who hold a claim of a kind."""

    @abstractmethod
    def has_besides(self, nouns: Sequence[str]) -> bool:
        """Whether there are events of other aggregates than those whose topics begin so."""

    @abstractmethod
    def claims_in(self, kinds: Sequence[str]) -> list[Claim]:
        """Every claim of some kinds of which there are few each, by one query."""

    @abstractmethod
    def snapshot(self, aggregate: Aggregate) -> Any:
        """The state of an aggregate about to be recorded, for `keep_snapshots` afterwards."""

    @abstractmethod
    def keep_snapshots(self, taken: Sequence[Any]) -> None:
        """Stores snapshots of aggregates just recorded; never fails what was recorded."""

    @abstractmethod
    def head(self) -> Head:
        """Raises NotFound for an account that was not opened."""

    @abstractmethod
    def heard(self, head: Head) -> None:
        """It was read a moment ago, by another."""

    @abstractmethod
    def now(self) -> datetime:
        """The account's time. Raises NotFound for an account that was not opened."""


class Store(InfrastructureFactory[Any]):
    """The process's event store, shared by the books of all accounts."""

    @abstractmethod
    def recorder_of(self, account_id: UUID) -> BooksRecorder:
        """Cheap: it holds nothing of its own."""

    @abstractmethod
    def stored(self, aggregate: Aggregate) -> list[StoredEvent]:
        """Its pending events as they are handed to the recorder."""

    @abstractmethod
    def new_id(self) -> UUID:
        """A UUID of version 7, for a new aggregate."""
