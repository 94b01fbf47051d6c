"""How a product is sold: price, interval, and what it entitles to."""

from __future__ import annotations

from dataclasses import field, replace

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.shared.terms import Terms  # noqa: TC001 - stored events are decoded by these annotations


class Plan(Aggregate):
    """Its commercial terms never change under a subscription: they are copied when sold."""

    TOPIC = "plan"
    prefix = "plan"

    class Created(Aggregate.Created):
        TOPIC = "plan.created"
        terms: Terms
        auto_renew: bool = True
        collection_method: str = "charge_automatically"
        old_provider_id: str | None = None
        metadata: dict[str, str] = field(default_factory=dict)

    def __init__(
        self,
        *,
        terms: Terms,
        auto_renew: bool,
        collection_method: str,
        old_provider_id: str | None,
        metadata: dict[str, str],
    ) -> None:
        self.terms = terms
        self.auto_renew = auto_renew
        self.collection_method = collection_method
        self.old_provider_id = old_provider_id
        self.metadata = metadata
        self.archived = False
        self.deleted = False

    @property
    def name(self) -> str:
        return self.terms.plan_name

    class Updated(Aggregate.Event):
        TOPIC = "plan.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        """`changes` of name, auto_renew, collection_method, old_provider_id, metadata."""
        self._require_kept()
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        rest = dict(changes)
        if "name" in rest:
            self.terms = replace(self.terms, plan_name=str(rest.pop("name")))
        self.__dict__.update(rest)

    class Archived(Aggregate.Event):
        TOPIC = "plan.archived"

    def archive(self) -> None:
        self._require_kept()
        if not self.archived:
            self._archived()

    @event(Archived)
    def _archived(self) -> None:
        self.archived = True

    class Unarchived(Aggregate.Event):
        TOPIC = "plan.unarchived"

    def unarchive(self) -> None:
        self._require_kept()
        if self.archived:
            self._unarchived()

    @event(Unarchived)
    def _unarchived(self) -> None:
        self.archived = False

    class Deleted(Aggregate.Event):
        TOPIC = "plan.deleted"

    def delete(self) -> None:
        self._require_kept()
        self._deleted()

    @event(Deleted)
    def _deleted(self) -> None:
        self.deleted = True

    def require_sellable(self) -> None:
        self._require_kept()
        if self.archived:
            raise Conflict("plan_archived", f"plan {self.ref} is archived")

    def _require_kept(self) -> None:
        if self.deleted:
            raise Conflict("plan_deleted", f"plan {self.ref} is deleted")
