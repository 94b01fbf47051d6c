"""Everything that is a customer's: what an erasure has to go through."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from domain.commands.erasing import Belongings
from domain.shared.errors import Conflict
from projections.groups import RESOURCES
from projections.reading import reading, wait_for

if TYPE_CHECKING:
    from uuid import UUID

    from store.connections import Connections

_OF = "WHERE t.account_id = %(account)s AND t.generation = %(generation)s"
_THEIRS = f"{_OF} AND t.customer_id = %(customer)s"
_ENDED = "('incomplete_expired', 'canceled', 'expired')"
# Of members and gifts also those that nobody linked to the customer, whose e-mail they bear.
_BELONGINGS = f"""
SELECT 'addresses', t.id FROM addresses t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s AND t.customer_id = %(customer)s
 UNION ALL
SELECT 'payment_methods', t.id FROM payment_methods t {_THEIRS} AND NOT t.deleted
 UNION ALL
SELECT 'members', t.id FROM memberships t {_THEIRS}
 UNION
SELECT 'members', t.id FROM memberships t
 {_OF} AND lower(t.email) = lower(%(email)s::text)
 UNION ALL
SELECT 'gifts', t.id FROM subscriptions t {_OF} AND t.gift_code IS NOT NULL
   AND (t.customer_id = %(customer)s OR t.recipient_id = %(customer)s
        OR lower(t.gift_recipient_email) = lower(%(email)s::text))
 UNION ALL
SELECT 'subscriptions', t.id FROM subscriptions t
 {_OF} AND coalesce(t.recipient_id, t.customer_id) = %(customer)s AND t.status NOT IN {_ENDED}
   AND (t.gift_code IS NULL OR t.recipient_id IS NOT NULL OR t.status <> 'scheduled')
 UNION ALL
SELECT 'given', t.id FROM subscriptions t {_THEIRS} AND t.status NOT IN {_ENDED}
   AND t.gift_code IS NOT NULL
   AND (t.recipient_id <> %(customer)s OR (t.recipient_id IS NULL AND t.status = 'scheduled'))
 UNION ALL
SELECT 'unsettled', t.id FROM invoices t {_THEIRS} AND t.status IN ('open', 'past_due')
 UNION ALL
SELECT 'charges', t.id FROM payments t {_THEIRS} AND t.status IN ('started', 'requires_action')
 UNION ALL
SELECT 'papers', t.id FROM invoices t {_THEIRS}
 UNION ALL
SELECT 'papers', t.id FROM credit_notes t {_THEIRS}
 UNION ALL
SELECT 'papers', t.id FROM payments t {_THEIRS}"""
_WAIT_MS = 5_000


def belongings_of(
    connections: Connections, account_id: UUID, customer: str, email: str | None
) -> Belongings:
    """As the log has them when it is asked. Raises Conflict `projection_behind`: who is told to be
    erased is erased whole.
    """
    shown = wait_for(connections, account_id, RESOURCES, wait_ms=_WAIT_MS)
    if shown.stopped or shown.lag:
        detail = "what is a customer's cannot be told while the view of resources stands still"
        raise Conflict("projection_behind", detail)
    found: dict[str, list[str]] = defaultdict(list)
    with reading(connections, account_id, RESOURCES) as rows:
        for kind, ref in rows.select(_BELONGINGS, {"customer": customer, "email": email}):
            found[kind].append(ref)
    return Belongings(**{kind: sorted(refs) for kind, refs in found.items()})
