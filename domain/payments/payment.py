"""Money on its way: an intent recorded before a gateway is asked, and what came of it."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from enum import StrEnum

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.shared.personal import Withheld  # noqa: TC001 - as above


class Status(StrEnum):
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REQUIRES_ACTION = "requires_action"
    UNKNOWN = "unknown"


SETTLED = frozenset({Status.SUCCEEDED, Status.FAILED})


class Payment(Aggregate):
    """Its typed id is the idempotency key and reference given to the gateway."""

    TOPIC = "payment"
    prefix = "pay"

    class Created(Aggregate.Created):
        """The intent: saved before the gateway is asked.

        `request_key` is the idempotency key of the request that asks, `request_ref` what that
        request will be answered with: whoever saves the outcome completes the key.
        """

        TOPIC = "payment.started"
        customer_id: str
        amount: int
        currency: str
        gateway: str
        payment_method_id: str
        method_reference: Withheld[str]
        started_at: datetime
        invoice_id: str | None = None
        request_key: str | None = None
        request_ref: str | None = None
        description: str | None = None

    class Recorded(Aggregate.Created):
        """Money that came without a gateway: check, wire, transfer, cash, external."""

        TOPIC = "payment.recorded"
        customer_id: str
        amount: int
        currency: str
        category: str
        reference: str
        recorded_on: date
        started_at: datetime
        invoice_id: str | None = None

    def __init__(
        self,
        *,
        customer_id: str,
        amount: int,
        currency: str,
        started_at: datetime,
        gateway: str | None = None,
        payment_method_id: str | None = None,
        method_reference: str | None = None,
        category: str | None = None,
        reference: str | None = None,
        invoice_id: str | None = None,
        request_key: str | None = None,
        request_ref: str | None = None,
        description: str | None = None,
    ) -> None:
        self.customer_id = customer_id
        self.amount = amount
        self.currency = currency
        self.started_at = started_at
        self.gateway = gateway
        self.payment_method_id = payment_method_id
        self.method_reference = method_reference
        self.category = category
        self.reference = reference
        self.invoice_id = invoice_id
        self.request_key = request_key
        self.request_ref = request_ref
        self.description = description
        self.status = Status.SUCCEEDED if gateway is None else Status.STARTED

    class Succeeded(Aggregate.Event):
        TOPIC = "payment.succeeded"
        gateway_reference: str
        succeeded_at: datetime

    def succeed(self, gateway_reference: str, at: datetime) -> None:
        self._require_unsettled()
        self._succeeded(gateway_reference=gateway_reference, succeeded_at=at)

    @event(Succeeded)
    def _succeeded(self) -> None:
        self.status = Status.SUCCEEDED

    class Failed(Aggregate.Event):
        TOPIC = "payment.failed"
        code: str
        detail: str
        failed_at: datetime

    def fail(self, code: str, detail: str, at: datetime) -> None:
        self._require_unsettled()
        self._failed(code=code, detail=detail, failed_at=at)

    @event(Failed)
    def _failed(self) -> None:
        self.status = Status.FAILED

    def _require_unsettled(self) -> None:
        if self.status in SETTLED:
            raise Conflict("payment_settled", f"payment is {self.status}")
