"""What is wrong with an account right now and waits for a person; gone when it is put right.

One table of sources: each reads what it looks after and says what it found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid5

from domain.shared.identifiers import typed_id
from domain.shared.money import major
from projections.rendering import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from projections.reading import Reading

CRITICAL, WARNING = "critical", "warning"
"""Figures are missing or old; or money or a customer waits."""

_STOPPED = """
SELECT t.group_name, t.stopped_at, t.error, e.recorded_at
  FROM projection_live l
  JOIN projection_tracking t ON t.account_id = l.account_id AND t.group_name = l.group_name
   AND t.generation = l.generation
  LEFT JOIN stored_events e ON e.account_id = t.account_id AND e.position = t.stopped_at
 WHERE l.account_id = %(account)s AND t.state = 'stopped'
 ORDER BY t.group_name"""
_UNKNOWN = """
SELECT t.id, t.gateway, t.started_at
  FROM payments t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s AND t.status = 'unknown'
 ORDER BY t.started_at, t.id LIMIT 100"""
_UNANSWERED = """
SELECT t.id, t.gateway, t.started_at
  FROM payments t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s AND t.status = 'started'
   AND t.wall_at <= clock_timestamp() - interval '1 hour'
 ORDER BY t.wall_at, t.id LIMIT 100"""
_UNPAID_OUT = """
SELECT t.id, t.gateway, t.wall_at
  FROM refunds t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s AND t.status = 'pending'
   AND t.wall_at <= clock_timestamp() - interval '1 hour'
 ORDER BY t.wall_at, t.id LIMIT 100"""
_DISPUTED = """
SELECT t.id, t.gateway, t.reason, t.amount, t.opened_at
  FROM disputes t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s AND t.status = 'opened'
 ORDER BY t.opened_at, t.id LIMIT 100"""
_NOT_OWED = """
SELECT t.payment_id, t.amount, t.currency, coalesce(i.number, i.id), i.status, t.created_at
  FROM balance_transactions t
  JOIN payments p ON p.account_id = t.account_id AND p.generation = t.generation
   AND p.id = t.payment_id AND p.gateway IS NOT NULL
  JOIN invoices i ON i.account_id = t.account_id AND i.generation = t.generation
   AND i.id = t.invoice_id
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.payment_id IS NOT NULL AND t.invoice_id IS NOT NULL AND t.type = 'credit'
   AND t.amount > (
       SELECT coalesce(-sum(used.amount), 0) FROM balance_transactions used
        WHERE used.account_id = t.account_id AND used.generation = t.generation
          AND used.customer_id = t.customer_id AND used.currency = t.currency
          AND used.amount < 0 AND (used.created_at, used.id) > (t.created_at, t.id))
 ORDER BY t.created_at, t.id LIMIT 100"""
_FAILED_RULES = """
SELECT t.id, t.rule_failure, t.rule_failed_at
  FROM plans t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.rule_failed_at IS NOT NULL AND NOT t.deleted
 ORDER BY t.rule_failed_at, t.id LIMIT 100"""


class Alert(NamedTuple):
    """`subject` is the typed id, or the name, of what it is about."""

    kind: str
    severity: str
    subject: str
    detail: str
    since: datetime | None


def stopped_projections(reading: Reading) -> Iterable[Alert]:
    for group, position, error, since in reading.select(_STOPPED, {}):
        detail = f"the views of {group} stand still before event {position}: {error}"
        yield Alert("projection_stopped", CRITICAL, group, detail, since)


def unknown_payments(reading: Reading) -> Iterable[Alert]:
    """Whose outcome the gateway cannot tell: a person has to find out and resolve them."""
    for ref, gateway, since in reading.select(_UNKNOWN, {}):
        detail = f"{gateway} cannot tell what became of it: resolve it by hand"
        yield Alert("payment_unknown", CRITICAL, ref, detail, since)


def unanswered_payments(reading: Reading) -> Iterable[Alert]:
    """The scheduler looks them up within minutes: for an hour it did not, or got no answer."""
    for ref, gateway, since in reading.select(_UNANSWERED, {}):
        detail = f"no answer of {gateway} for an hour"
        yield Alert("payment_unanswered", WARNING, ref, detail, since)


def unanswered_refunds(reading: Reading) -> Iterable[Alert]:
    """Beyond what a gateway remembers it is never sent again: look it up there."""
    for ref, gateway, since in reading.select(_UNPAID_OUT, {}):
        detail = f"no answer of {gateway} for an hour: look there whether it was paid out"
        yield Alert("refund_unanswered", WARNING, ref, detail, since)


def open_disputes(reading: Reading) -> Iterable[Alert]:
    """A bank took the money: whoever answers in time, at the gateway, may get it back."""
    for ref, gateway, reason, amount, since in reading.select(_DISPUTED, {}):
        detail = f"answer it at {gateway}" + (f": {reason}" if reason else "")
        if not amount:
            detail += "; other disputes hold the whole payment: look there what was taken for it"
        yield Alert("dispute_open", WARNING, ref, detail, since)


def payments_not_owed(reading: Reading) -> Iterable[Alert]:
    """A card was charged after all when its invoice took no money any more. Whose credit it is may
    want it back; gone when as much of the credit was used or given back."""
    for ref, amount, currency, invoice, status, since in reading.select(_NOT_OWED, {}):
        money = f"{major(amount, currency)} {currency}"
        detail = f"{money} came when invoice {invoice} ({status}) did not take it: it is credit"
        yield Alert("payment_not_owed", WARNING, ref, detail, since)


def failed_billing_rules(reading: Reading) -> Iterable[Alert]:
    for ref, failure, since in reading.select(_FAILED_RULES, {}):
        yield Alert("billing_rule_failed", WARNING, ref, f"nothing was charged: {failure}", since)


SOURCES: tuple[Callable[[Reading], Iterable[Alert]], ...] = (
    stopped_projections,
    unknown_payments,
    unanswered_payments,
    unanswered_refunds,
    open_disputes,
    payments_not_owed,
    failed_billing_rules,
)


def alerts(reading: Reading, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Those of the kind, severity and subject asked for, critical ones first."""
    found = [_render(reading, alert) for source in SOURCES for alert in source(reading)]
    kept = [each for each in found if all(each[name] == asked[name] for name in asked)]
    return sorted(kept, key=lambda each: each["severity"] != CRITICAL)


def _render(reading: Reading, alert: Alert) -> dict[str, Any]:
    """Its id stays as long as it lasts."""
    known = uuid5(reading.account_id, f"{alert.kind} {alert.subject}")
    return {
        "id": typed_id("alr", known),
        "object": "alert",
        "kind": alert.kind,
        "severity": alert.severity,
        "subject": alert.subject,
        "detail": alert.detail,
        "since": instant(alert.since),
    }
