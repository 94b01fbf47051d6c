"""The base of every aggregate: the library's mechanics without its wall clock and random ids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

from eventsourcing import domain as library
from eventsourcing.utils import get_topic, resolve_topic

from domain.shared.errors import StaleVersion
from domain.shared.facts import commands_in, commands_of_parts, needed_to_begin, shape_of
from domain.shared.identifiers import typed_id
from domain.shared.personal import key_name

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_YET_RECORDED = datetime(1, 1, 1, tzinfo=UTC)
"""Stands in an event's `timestamp` until the store gives it its `recorded_at`."""


class Aggregate(library.Aggregate):
    """Facts about one thing, in order. `prefix` is its typed-id prefix at the edge (`sub`).

    A kind with long histories declares `SNAPSHOT`, a TypedDict of its attributes; its state is
    then kept each time its version passes a multiple of `SNAPSHOT_EVERY`. When a mutator comes to
    mean something else, raise `SNAPSHOT_VERSION`: older snapshots are no longer loaded.

    `PERSONAL_OF` names the attribute that tells whose the personal data in its events is, and the
    purpose it is kept for; `PERSONAL` the fields that are personal where they stand in `Changes`.
    """

    TOPIC: ClassVar[str] = ""
    prefix: ClassVar[str] = ""
    SNAPSHOT: ClassVar[type[Any] | None] = None
    SNAPSHOT_EVERY: ClassVar[int] = 20
    SNAPSHOT_VERSION: ClassVar[int] = 1
    PERSONAL_OF: ClassVar[tuple[str, str] | None] = None
    PERSONAL: ClassVar[frozenset[str]] = frozenset()

    if TYPE_CHECKING:  # not a field of the dataclass that the library makes of this
        ref: str
        """The typed text id, `sub_01h…`."""

    class Event(library.Aggregate.Event):
        @staticmethod
        def create_timestamp() -> datetime:
            return NOT_YET_RECORDED

        def mutate(self, aggregate: Any) -> Any:
            """The library's, spared its lookups: it runs for each event of each replay."""
            values, kept = self.__dict__, aggregate.__dict__
            version = values["originator_version"]
            if values["originator_id"].int != kept["_id"].int:
                raise library.OriginatorIDError(self.originator_id, aggregate.id)
            if version != kept["_version"] + 1:
                raise library.OriginatorVersionError(version, kept["_version"] + 1)
            self.apply(aggregate)
            kept["_version"] = version
            kept["_modified_on"] = values["timestamp"]
            return aggregate

    class Created(Event, library.Aggregate.Created):
        def mutate(self, aggregate: Any) -> Any:  # noqa: ARG002 - there is none yet
            """The library's, without looking at signatures each time."""
            kind = resolve_topic(self.originator_topic)
            values = self.__dict__
            begun = kind.__new__(kind)
            begun.__base_init__(self.originator_id, self.originator_version, self.timestamp)
            begun.ref = typed_id(kind.prefix, self.originator_id)
            begun.__init__(**{name: values[name] for name in needed_to_begin(kind, type(self))})
            self.apply(begun)
            return begun

    def __init_subclass__(cls, **kwargs: Any) -> None:
        begins_itself = "__init__" in vars(cls)
        super().__init_subclass__(**kwargs)
        if not begins_itself and cls.__bases__ != (Aggregate,):
            cls.__init__ = cls.__bases__[0].__init__  # type: ignore[misc, method-assign]  # not the library's
        for name, command in commands_in(tuple(vars(cls).items())).items():
            setattr(cls, name, command)
        for name, command in commands_of_parts(cls).items():
            setattr(cls, name, command)

    @staticmethod
    def create_id(*_: Any, **__: Any) -> UUID:
        raise NotImplementedError("ids are given by the command, never drawn by the domain")

    @classmethod
    def _create(
        cls,
        event_class: type[library.CanInitAggregate[UUID]],
        *,
        id: UUID | None = None,  # noqa: A002 - the library's name for it
        **kwargs: Any,
    ) -> Self:
        """Begins an aggregate by one of its creation events."""
        if not isinstance(id, UUID):
            raise TypeError(f"{cls.__name__} begins with an id given by the command, not {id!r}")
        header = {**_header(id, cls.INITIAL_VERSION), "originator_topic": get_topic(cls)}
        fact = shape_of(event_class).make(kwargs, header)
        begun: Self = fact.mutate(None)
        begun.pending_events.append(fact)
        return begun

    @classmethod
    def begin(
        cls,
        event_class: type[library.CanInitAggregate[UUID]],
        *,
        id: UUID,  # noqa: A002 - the library's name for it
        **fields: Any,
    ) -> Self:
        """A new aggregate, by one of its creation events."""
        return cls._create(event_class, id=id, **fields)

    @property
    def personal_key(self) -> str | None:
        """The name of the key that seals what is personal in its events."""
        if self.PERSONAL_OF is None:
            return None
        whose, purpose = self.PERSONAL_OF
        return key_name(getattr(self, whose), purpose)

    @property
    def has_personal_state(self) -> bool:
        """Whether a snapshot would tell what is sealed in the log: none is kept then."""
        return False

    def next_header(self) -> dict[str, Any]:
        """What the next event carries beside its own fields."""
        return _header(self._id, self._version + 1)

    def require_version(self, version: int | None) -> None:
        """Raises StaleVersion unless `version` is absent or the current one."""
        if version is not None and version != self.version:
            raise StaleVersion(detail=f"version is {self.version}")

    def facts(self) -> Sequence[library.CanMutateAggregate[UUID]]:
        """The events triggered and not yet saved, oldest first."""
        return tuple(self.pending_events)

    def recorded(self, at: datetime) -> None:
        """The pending events are stored: takes over their time and forgets them."""
        if self._pending_events and self._pending_events[0].originator_version == 1:
            self._created_on = at
        self._modified_on = at
        self._pending_events.clear()


def _header(aggregate_id: UUID, version: int) -> dict[str, Any]:
    return {
        "originator_id": aggregate_id,
        "originator_version": version,
        "timestamp": NOT_YET_RECORDED,
    }
