"""How a product is sold: price, interval, and what it entitles to."""

from __future__ import annotations

from dataclasses import field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from domain.catalog.shelf import ShelfLife
from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import FieldError, Invalid
from domain.shared.facts import event
from domain.shared.terms import (
    CHANGEABLE,
    FIXED,
    Terms,
    changed_terms,
    stated,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN = ("auto_renew", "collection_method", "old_provider_id", "metadata")
"""What a plan has beside its terms."""


class Plan(ShelfLife, Aggregate):
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

    def update(self, changes: Mapping[str, Any]) -> None:
        """What is sold from now on; what was sold stays as it was.

        Raises Invalid `not_changeable` for what makes it this plan.
        """
        self.require_kept()
        changed = effective(SimpleNamespace(**self._settings()), stated(changes))
        fixed = [name for name in FIXED if name in changed]
        if fixed:
            detail = "is what makes it this plan: make another one"
            raise Invalid(tuple(FieldError(name, "not_changeable", detail) for name in fixed))
        if changed:
            self._updated(changes=changed)

    def _settings(self) -> dict[str, Any]:
        """Every field as a change states it."""
        own = {name: getattr(self, name) for name in ("name", *_OWN)}
        return own | stated({name: getattr(self.terms, name) for name in (*FIXED, *CHANGEABLE)})

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.terms = changed_terms(self.terms, changes)
        self.__dict__.update({name: changes[name] for name in _OWN if name in changes})

    class Archived(Aggregate.Event):
        TOPIC = "plan.archived"

    @event(Archived)
    def _archived(self) -> None:
        self.archived = True

    class Unarchived(Aggregate.Event):
        TOPIC = "plan.unarchived"

    @event(Unarchived)
    def _unarchived(self) -> None:
        self.archived = False

    class Deleted(Aggregate.Event):
        TOPIC = "plan.deleted"

    @event(Deleted)
    def _deleted(self) -> None:
        self.deleted = True
