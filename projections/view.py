"""What a view is, and the view of a resource: one row is the fold of one aggregate's stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from domain.shared.identifiers import typed_id
from projections.catalogue import events_of, topics_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from domain.shared.aggregate import Aggregate
    from projections.envelope import Envelope
    from projections.table import Table, Work


class View(Protocol):
    """Folds events into its tables. The same rows must come out for any cut into batches."""

    @property
    def name(self) -> str: ...

    @property
    def tables(self) -> Sequence[Table[Any]]: ...

    @property
    def topics(self) -> frozenset[str]:
        """The events that `fold` is given, in the order of the log."""

    def fold(self, work: Work, events: Sequence[Envelope]) -> None:
        """Load what the batch needs, fold in memory, write once."""


class ResourceRow(Protocol):
    """The columns every resource has. Constructors put placeholders into the last two."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime


Row = TypeVar("Row", bound=ResourceRow)


class ResourceView(Generic[Row]):
    """`created` makes a row of a first event, `changed` puts an event's consequences into a row.

    Both depend on their arguments alone. Every event of the aggregate raises `version` and
    `updated_at`, whether or not it is named here; `completed` then sets what follows from the rest.
    """

    def __init__(
        self,
        table: Table[Row],
        aggregate: type[Aggregate],
        *,
        created: Mapping[type, Callable[[Envelope], Row]],
        changed: Mapping[type, Callable[[Row, Envelope], None]],
        completed: Callable[[Row], None] | None = None,
        added_later: bool = False,
    ) -> None:
        """`added_later`: there were such aggregates before there was this table. Of those that no
        rebuild has listed yet nothing is kept."""
        unknown = {*created, *changed} - set(events_of(aggregate))
        if unknown:
            raise TypeError(f"not events of {aggregate.__name__}: {unknown}")
        self.table = table
        self.name = table.name
        self.tables: Sequence[Table[Any]] = (table,)
        self.aggregate = aggregate
        self.topics = topics_of(aggregate)
        self._created = created
        self._changed = changed
        self._completed = completed
        self._added_later = added_later

    def fold(self, work: Work, events: Sequence[Envelope]) -> None:
        created = self._created
        begun = {each.subject for each in events if type(each.event) in created}
        rows = self.table.load(work, {each.subject for each in events} - begun)
        kept = tuple(rows)
        for envelope in events:
            self._apply(rows, envelope)
        self.table.upsert(work, [rows.pop(key) for key in kept])
        self.table.insert(work, rows.values())

    def _apply(self, rows: dict[str, Row], envelope: Envelope) -> None:
        kind = type(envelope.event)
        make = self._created.get(kind)
        if make is not None:
            row = rows[envelope.subject] = make(envelope)
        elif self._added_later and envelope.subject not in rows:
            return
        else:
            row = rows[envelope.subject]
            change = self._changed.get(kind)
            if change is not None:
                change(row, envelope)
        row.version = envelope.version
        row.updated_at = envelope.recorded_at
        if self._completed is not None:
            self._completed(row)


def ref_of(aggregate: type[Aggregate], identity: Any) -> str:
    """The typed text id of an aggregate's uuid."""
    return typed_id(aggregate.prefix, identity)
