"""What is sold, and how its revenue is recognised."""

from __future__ import annotations

from dataclasses import field

from domain.catalog.shelf import ShelfLife
from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.facts import event


class Product(ShelfLife, Aggregate):
    TOPIC = "product"
    prefix = "prod"

    class Created(Aggregate.Created):
        TOPIC = "product.created"
        name: str
        description: str | None = None
        image: str | None = None
        old_provider_id: str | None = None
        revenue_recognition_strategy: str = "invoice_creation"
        metadata: dict[str, str] = field(default_factory=dict)

    def __init__(
        self,
        *,
        name: str,
        description: str | None,
        image: str | None,
        old_provider_id: str | None,
        revenue_recognition_strategy: str,
        metadata: dict[str, str],
    ) -> None:
        self.name = name
        self.description = description
        self.image = image
        self.old_provider_id = old_provider_id
        self.revenue_recognition_strategy = revenue_recognition_strategy
        self.metadata = metadata
        self.archived = False
        self.deleted = False

    class Updated(Aggregate.Event):
        TOPIC = "product.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        self.require_kept()
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    class Archived(Aggregate.Event):
        """The command holds that no active plan is left: that spans aggregates."""

        TOPIC = "product.archived"

    @event(Archived)
    def _archived(self) -> None:
        self.archived = True

    class Unarchived(Aggregate.Event):
        TOPIC = "product.unarchived"

    @event(Unarchived)
    def _unarchived(self) -> None:
        self.archived = False

    class Deleted(Aggregate.Event):
        """Its claims are free again; what was sold of it keeps its name."""

        TOPIC = "product.deleted"

    @event(Deleted)
    def _deleted(self) -> None:
        self.deleted = True
