"""Usage that a term brought, to be billed at its end; and a billing rule that gave no amount."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict, Invalid
from domain.shared.facts import event
from domain.subscriptions.beginning import Beginning
from domain.subscriptions.states import Move


class Metering(Beginning):
    class UsageRecorded(Aggregate.Event):
        """`usage` is the term's sum afterwards."""

        TOPIC = "subscription.usage_recorded"
        quantity: int
        used_at: datetime
        phase_id: str
        usage: int

    def record_usage(self, quantity: int, used_at: datetime, now: datetime) -> None:
        """Counts for the term that runs.

        Raises Conflict `usage_not_recordable` or `usage_not_billed`, Invalid `usage_before_period`,
        `usage_after_period` or `usage_in_future`.
        """
        self.require(Move.RECORD_USAGE)
        policy = self.phase.terms.policy
        if policy is None or not policy.in_arrears:
            raise Conflict("usage_not_billed", "the current term is not billed by usage")
        self._require_in_term(used_at, now)
        self._usage_recorded(
            quantity=quantity, used_at=used_at, phase_id=self.phase.id, usage=self.usage + quantity
        )

    def _require_in_term(self, used_at: datetime, now: datetime) -> None:
        start, end = self.phase.start, self.phase.end
        if used_at < start:
            raise Invalid.one("at", "usage_before_period", f"the term began {start.isoformat()}")
        if used_at >= end:
            raise Invalid.one("at", "usage_after_period", f"the term ends {end.isoformat()}")
        if used_at > now:
            raise Invalid.one("at", "usage_in_future", "has not happened yet")

    @event(UsageRecorded)
    def _usage_recorded(self, usage: int) -> None:
        self.usage = usage

    class UsageBilled(Aggregate.Event):
        """What was used until an end that no renewal follows was billed by `invoice_id`."""

        TOPIC = "subscription.usage_billed"
        invoice_id: str
        usage: int
        billed_at: datetime

    def bill_usage(self, invoice_id: str, at: datetime) -> None:
        self._usage_billed(invoice_id=invoice_id, usage=self.usage, billed_at=at)

    @event(UsageBilled)
    def _usage_billed(self, invoice_id: str) -> None:
        self.usage = 0
        self._bill(invoice_id)

    class BillingRuleFailed(Aggregate.Event):
        """The plan's rule gave no amount that may be charged: nothing was. Without `retry_at` it
        is not tried again by itself."""

        TOPIC = "subscription.billing_rule_failed"
        policy_version: int
        code: str
        detail: str
        failed_at: datetime
        retry_at: datetime | None

    def note_rule_failed(
        self, policy_version: int, code: str, detail: str, at: datetime, retry_at: datetime | None
    ) -> None:
        self._billing_rule_failed(
            policy_version=policy_version, code=code, detail=detail, failed_at=at,
            retry_at=retry_at,
        )  # fmt: skip

    @event(BillingRuleFailed)
    def _billing_rule_failed(self, retry_at: datetime | None) -> None:
        self.billing_retry_at = retry_at

    def rule_rests(self, at: datetime) -> bool:
        """Whether a rule that failed is not to be tried again yet."""
        return self.billing_retry_at is not None and self.billing_retry_at > at
