"""The resources of the API by name, and each as it was at an earlier position or instant."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from domain.shared.errors import NotFound
from domain.shared.identifiers import MalformedId, uuid_of
from projections import log
from projections.accounts import ACCOUNTS
from projections.addresses import ADDRESSES
from projections.api_keys import API_KEYS
from projections.balances import BALANCE_TRANSACTIONS
from projections.collaborators import COLLABORATORS
from projections.coupons import COUPONS
from projections.credit_notes import CREDIT_NOTES
from projections.customers import CUSTOMERS
from projections.disputes import DISPUTES
from projections.groups import RESOURCES
from projections.invoice_resource import INVOICES
from projections.memberships import MEMBERSHIPS
from projections.ordered_exports import EXPORTS
from projections.organizations import ORGANIZATIONS
from projections.payment_methods import PAYMENT_METHODS
from projections.payments import PAYMENTS
from projections.plans import PLANS
from projections.products import PRODUCTS
from projections.refunds import REFUNDS
from projections.resource import Resource, rendered
from projections.subscription_resource import SUBSCRIPTIONS
from projections.work import MemoryWork

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from projections.expansion import Load
    from projections.reading import Reading

BY_NAME: dict[str, Resource[Any]] = {
    resource.name: resource
    for resource in (
        ACCOUNTS,
        COLLABORATORS,
        API_KEYS,
        PRODUCTS,
        PLANS,
        COUPONS,
        ORGANIZATIONS,
        CUSTOMERS,
        ADDRESSES,
        PAYMENT_METHODS,
        SUBSCRIPTIONS,
        MEMBERSHIPS,
        INVOICES,
        PAYMENTS,
        REFUNDS,
        CREDIT_NOTES,
        DISPUTES,
        BALANCE_TRANSACTIONS,
        EXPORTS,
    )
}


def as_of(
    reading: Reading,
    resource: Resource[Any],
    ref: str,
    when: datetime | int,
    *,
    deleted: bool = False,
) -> dict[str, Any]:
    """The resource as its events up to an instant or a position leave it. Raises NotFound.

    One that was deleted by then is not found, unless the answer to its deletion asks.

    It is folded from the log itself, so it needs no projection to have come that far: a write
    whose group is behind is answered with `as_of(…, its position)`.
    """
    originators = _originators(reading, resource, ref)
    position = when if isinstance(when, int) else _position(reading, originators, when)
    memory = MemoryWork(reading.account_id, beside=reading if position == when else None)
    events = log.read_streams(reading.cursor, reading.account_id, originators, position)
    RESOURCES.fold(memory, [event for event in events if event.topic in RESOURCES.topics])
    found = resource.table.load(memory, [ref])
    if ref not in found or (getattr(found[ref], "deleted", False) and not deleted):
        raise NotFound(detail=f"there was no {resource.kind} {ref} then")
    return rendered(memory, resource, [found[ref]], livemode=reading.livemode)[0]


def as_of_each(
    reading: Reading, resource: Resource[Any], ref: str, positions: Collection[int]
) -> dict[int, dict[str, Any]]:
    """As it was at each of some positions, deleted or not: its events are read and folded once."""
    originators = _originators(reading, resource, ref)
    until = max(positions, default=0)
    read = log.read_streams(reading.cursor, reading.account_id, originators, until)
    events = deque(event for event in read if event.topic in RESOURCES.topics)
    memory, shown = MemoryWork(reading.account_id), {}
    for position in sorted(positions):
        passed = []
        while events and events[0].position <= position:
            passed.append(events.popleft())
        RESOURCES.fold(memory, passed)
        found = list(resource.table.load(memory, [ref]).values())
        (shown[position],) = rendered(memory, resource, found, livemode=reading.livemode)
    return shown


def then(reading: Reading, when: datetime | int) -> Load:
    """What is nested into a resource as it was: as it was too, left out where it was not there."""

    def load(resource: Resource[Any], refs: set[str]) -> list[dict[str, Any]]:
        found = []
        for ref in refs:
            with suppress(NotFound):
                found.append(as_of(reading, resource, ref, when))
        return found

    return load


def _position(reading: Reading, originators: list[UUID], at: datetime) -> int:
    return log.position_at(reading.cursor, reading.account_id, originators, at)


def _originators(reading: Reading, resource: Resource[Any], ref: str) -> list[UUID]:
    try:
        return [uuid_of(each) for each in (ref, *resource.streams(reading, ref))]
    except MalformedId:
        raise NotFound(detail=f"there is no {resource.kind} {ref}") from None
