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

    from projections.envelope import Envelope
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
    until = when if isinstance(when, int) else reading.head
    originators = _originators(reading, resource, ref, until)
    position = when if isinstance(when, int) else _position(reading, originators, when)
    memory = MemoryWork(reading.account_id, beside=reading if position == when else None)
    RESOURCES.fold(memory, _shown(reading, originators, position))
    found = resource.table.load(memory, [ref])
    if ref not in found or (getattr(found[ref], "deleted", False) and not deleted):
        raise NotFound(detail=f"there was no {resource.kind} {ref} then")
    return rendered(memory, resource, [found[ref]], livemode=reading.livemode)[0]


def as_of_each(
    reading: Reading, resource: Resource[Any], ref: str, positions: Collection[int]
) -> dict[int, dict[str, Any]]:
    """As it was at each of some positions, deleted or not: its events are read and folded once."""
    until = max(positions, default=0)
    originators = _originators(reading, resource, ref, until)
    events = deque(_shown(reading, originators, until))
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


def _originators(reading: Reading, resource: Resource[Any], ref: str, until: int) -> list[UUID]:
    """Those whose events show in the resource; where it is not projected yet, as the log tells."""
    try:
        own = uuid_of(ref)
    except MalformedId:
        raise NotFound(detail=f"there is no {resource.kind} {ref[:100]!a}") from None
    others = [uuid_of(each) for each in resource.streams(reading, ref)]
    if others or reading.position >= until:
        return [own, *others]
    if resource.part_prefix:
        found = log.originator_of_part(
            reading.cursor, reading.account_id, ref, resource.view.topics, reading.position, until
        )
        others = [] if found is None else [found]
    elif resource.has_streams:
        memory = MemoryWork(reading.account_id)
        RESOURCES.fold(memory, _shown(reading, [own], until))
        others = [uuid_of(each) for each in resource.streams(memory, ref)]
    return [own, *others]


def _shown(reading: Reading, originators: list[UUID], until: int) -> list[Envelope]:
    read = log.read_streams(reading.cursor, reading.account_id, originators, until)
    return [event for event in read if RESOURCES.shows(event.topic)]
