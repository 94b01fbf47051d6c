"""Plans: how a product is sold. What was sold keeps the terms of its day."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.catalog.plan import Plan
from projections.conditions import Field
from projections.exports import Export, boolean, count, instant, money, text, word
from projections.lists import Listing
from projections.rendering import (
    EMPTY_LIST,
    common,
    read,
    stored,
    stored_list,
    stored_map,
    taken,
)
from projections.resource import Resource
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class PlanRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    product_id: str
    name: str
    type: str
    amount: int
    currency: str
    interval: str
    interval_count: int
    auto_renew: bool
    collection_method: str
    trial_days: int
    entitlements: Json
    seat_capacity: int | None
    shipments_per_interval: int | None
    tax_rate: str | None
    tax_behavior: str
    archived: bool
    deleted: bool
    old_provider_id: str | None
    metadata: Json
    billing_prompt: str | None
    billing_policies: Json
    billing_policy_version: int | None
    billing_policy_in_force: int | None
    rule_failed_at: datetime | None
    rule_failure: str | None


_MOST = """(SELECT (p.policy ->> 'maximum_amount')::bigint
   FROM jsonb_array_elements(t.billing_policies::jsonb) AS p (policy)
  WHERE (p.policy ->> 'version')::bigint = t.billing_policy_version)"""
"""That of the policy last compiled or activated, as it is shown."""

_NAMES = frozenset(field.name for field in fields(PlanRow))


def _created(envelope: Envelope) -> PlanRow:
    told: Plan.Created = envelope.event
    terms = told.terms
    return PlanRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        product_id=terms.product_id,
        name=terms.plan_name,
        type=terms.type,
        amount=terms.amount,
        currency=terms.currency,
        interval=terms.interval.value,
        interval_count=terms.interval_count,
        auto_renew=told.auto_renew,
        collection_method=told.collection_method,
        trial_days=terms.trial_days,
        entitlements=stored_list(terms.entitlements),
        seat_capacity=terms.seat_capacity,
        shipments_per_interval=terms.shipments_per_interval,
        tax_rate=None if terms.tax_rate is None else str(terms.tax_rate),
        tax_behavior=terms.tax_behavior,
        archived=False,
        deleted=False,
        old_provider_id=told.old_provider_id,
        metadata=stored_map(told.metadata),
        billing_prompt=None,
        billing_policies=EMPTY_LIST,
        billing_policy_version=None,
        billing_policy_in_force=None,
        rule_failed_at=None,
        rule_failure=None,
    )


def _updated(row: PlanRow, envelope: Envelope) -> None:
    changes = dict(envelope.event.changes)
    if "entitlements" in changes:
        row.entitlements = stored_list(changes.pop("entitlements"))
    taken(changes, row, _NAMES)


def _archived(row: PlanRow, _: Envelope) -> None:
    row.archived = True


def _unarchived(row: PlanRow, _: Envelope) -> None:
    row.archived = False


def _deleted(row: PlanRow, _: Envelope) -> None:
    row.deleted = True


def _policy_compiled(row: PlanRow, envelope: Envelope) -> None:
    policy = asdict(envelope.event.policy)
    row.billing_policies = stored([*read(row.billing_policies), policy])
    row.billing_prompt = policy["prompt"]
    row.billing_policy_version = policy["version"]


def _policy_activated(row: PlanRow, envelope: Envelope) -> None:
    told: Plan.PolicyActivated = envelope.event
    policies = read(row.billing_policies)
    for policy in policies:
        if policy["version"] == told.policy_version:
            policy["activated_at"] = told.activated_at
    row.billing_policies = stored(policies)
    row.billing_policy_version = row.billing_policy_in_force = told.policy_version
    _mended(row)


def _policy_withdrawn(row: PlanRow, _: Envelope) -> None:
    _mended(row)
    row.billing_prompt = row.billing_policy_version = row.billing_policy_in_force = None


def _rule_failed(row: PlanRow, envelope: Envelope) -> None:
    """The plan is shown as it was; an alert tells of it until another policy is in force."""
    told: Plan.BillingRuleFailed = envelope.event
    row.rule_failed_at = told.failed_at
    row.rule_failure = f"{told.code} for {told.subscription_id}: {told.detail}"


def _mended(row: PlanRow) -> None:
    row.rule_failed_at = row.rule_failure = None


def _policies(row: PlanRow) -> dict[str, Any]:
    """`billing_policy` is the one last compiled or activated, as long as there is a prompt."""
    policies = [_shown(policy) for policy in read(row.billing_policies)]
    latest = [each for each in policies if each["version"] == row.billing_policy_version]
    return {
        "billing_prompt": row.billing_prompt,
        "billing_policy": latest[0] if latest else None,
        "billing_policies": policies,
        "billing_policy_in_force": row.billing_policy_in_force,
        "maximum_amount": latest[0]["maximum_amount"] if latest else None,
    }


def _shown(policy: dict[str, Any]) -> dict[str, Any]:
    """Of amount, steps and unit_amount only what its kind has."""
    left_out = {"amount", "unit_amount", "unit", "steps"}
    return {
        name: value
        for name, value in policy.items()
        if name not in left_out or value not in (None, [])
    }


def render(row: PlanRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("plan", row, livemode=livemode),
        "product_id": row.product_id,
        "name": row.name,
        "type": row.type,
        "amount": row.amount,
        "currency": row.currency,
        "interval": row.interval,
        "interval_count": row.interval_count,
        "auto_renew": row.auto_renew,
        "collection_method": row.collection_method,
        "trial_days": row.trial_days,
        "entitlements": read(row.entitlements),
        "seat_capacity": row.seat_capacity,
        "shipments_per_interval": row.shipments_per_interval,
        "tax_rate": row.tax_rate,
        "tax_behavior": row.tax_behavior,
        **_policies(row),
        "old_provider_id": row.old_provider_id,
        "archived": row.archived,
        "metadata": read(row.metadata),
    }


TABLE = Table("plans", PlanRow)
VIEW = ResourceView(
    TABLE,
    Plan,
    created={Plan.Created: _created},
    changed={
        Plan.Updated: _updated,
        Plan.Archived: _archived,
        Plan.Unarchived: _unarchived,
        Plan.Deleted: _deleted,
        Plan.PolicyCompiled: _policy_compiled,
        Plan.PolicyActivated: _policy_activated,
        Plan.PolicyWithdrawn: _policy_withdrawn,
        Plan.BillingRuleFailed: _rule_failed,
    },
)
_ENTITLEMENT = """(SELECT string_agg(e.value, ',' ORDER BY e.place)
   FROM json_array_elements_text(t.entitlements) WITH ORDINALITY AS e (value, place))"""
PLANS: Resource[PlanRow] = Resource(
    "plan",
    VIEW,
    Listing(
        TABLE,
        joins="""LEFT JOIN products p ON p.account_id = t.account_id
            AND p.generation = t.generation AND p.id = t.product_id""",
        search=("t.id", "t.name", "p.name", "t.old_provider_id"),
        hidden=frozenset({"deleted", "rule_failed_at", "rule_failure"}),
        kept="NOT t.deleted",
        more=[
            Field("entitlements", "t.entitlements::jsonb", "texts"),
            Field("maximum_amount", _MOST, "bigint"),
        ],
        found_by=frozenset({"product_id"}),
    ),
    render,
    expands={"product": "products"},
    export=Export(
        word("id", "t.id"),
        word("product.id", "t.product_id"),
        text("product.name", "p.name"),
        text("name", "t.name"),
        word("type", "t.type"),
        money("amount", "t.amount"),
        word("currency", "t.currency"),
        word("interval", "t.interval"),
        count("interval_count", "t.interval_count"),
        boolean("auto_renew", "t.auto_renew"),
        count("trial_days", "t.trial_days"),
        text("entitlement", _ENTITLEMENT),
        count("seat_capacity", "t.seat_capacity"),
        boolean("archived", "t.archived"),
        text("old_provider_id", "t.old_provider_id"),
        instant("created_at", "t.created_at"),
        instant("updated_at", "t.updated_at"),
    ),
)
