"""How a product is sold: price, interval, and what it entitles to."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from domain.catalog.shelf import ShelfLife
from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import FieldError, Invalid
from domain.shared.facts import event
from domain.shared.policy import BillingPolicy  # noqa: TC001 - as above
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
        self.policies: tuple[BillingPolicy, ...] = ()
        self.prompt: str | None = None

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

    class PolicyCompiled(Aggregate.Event):
        """A prompt was read. The policy is kept beside the earlier ones until it is activated."""

        TOPIC = "plan.billing_policy_compiled"
        policy: BillingPolicy
        compiled_at: datetime

    def keep_policy(self, policy: BillingPolicy, at: datetime) -> None:
        self.require_kept()
        self._policy_compiled(policy=policy, compiled_at=at)

    @event(PolicyCompiled)
    def _policy_compiled(self, policy: BillingPolicy) -> None:
        self.policies = (*self.policies, policy)
        self.prompt = policy.prompt

    class PolicyActivated(Aggregate.Event):
        TOPIC = "plan.billing_policy_activated"
        policy_version: int
        activated_at: datetime

    def activate_policy(self, version: int, at: datetime) -> None:
        """Terms that begin from now on are billed by it. Raises Invalid `policy_unknown`."""
        self.require_kept()
        known = [policy.version for policy in self.policies]
        if version not in known:
            detail = f"there is no version {version} of the billing policy"
            raise Invalid.one("activate", "policy_unknown", detail)
        if self.terms.policy is None or self.terms.policy.version != version:
            self._policy_activated(policy_version=version, activated_at=at)

    @event(PolicyActivated)
    def _policy_activated(self, policy_version: int, activated_at: datetime) -> None:
        self.policies = tuple(
            replace(policy, activated_at=activated_at)
            if policy.version == policy_version
            else policy
            for policy in self.policies
        )
        (active,) = (each for each in self.policies if each.version == policy_version)
        self.terms = replace(self.terms, policy=active)

    class PolicyWithdrawn(Aggregate.Event):
        """Terms that begin from now on cost the plan's amount again."""

        TOPIC = "plan.billing_policy_withdrawn"
        withdrawn_at: datetime

    def withdraw_policy(self, at: datetime) -> None:
        self.require_kept()
        if self.prompt is not None:
            self._policy_withdrawn(withdrawn_at=at)

    @event(PolicyWithdrawn)
    def _policy_withdrawn(self) -> None:
        self.prompt = None
        self.terms = replace(self.terms, policy=None)

    class BillingRuleFailed(Aggregate.Event):
        """The policy gave no amount that may be charged: nothing was, for this subscription."""

        TOPIC = "plan.billing_rule_failed"
        subscription_id: str
        policy_version: int
        code: str
        detail: str
        failed_at: datetime

    def note_rule_failed(
        self, subscription_id: str, policy_version: int, code: str, detail: str, at: datetime
    ) -> None:
        self._billing_rule_failed(
            subscription_id=subscription_id, policy_version=policy_version, code=code,
            detail=detail, failed_at=at,
        )  # fmt: skip

    @event(BillingRuleFailed)
    def _billing_rule_failed(self) -> None:
        """Nothing of the plan changes: its readers are told."""

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
