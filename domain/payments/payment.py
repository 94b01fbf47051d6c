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
        off_session: bool = False

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
        off_session: bool = False,
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
        self.off_session = off_session
        self.gateway_reference: str | None = None
        self.refunded_at_gateway = 0
        self.hard_decline: str | None = None
        self.status = Status.SUCCEEDED if gateway is None else Status.STARTED

    class ActionRequired(Aggregate.Event):
        """The customer has to confirm it with their bank; what for that is kept nowhere."""

        TOPIC = "payment.requires_action"
        gateway_reference: str
        required_at: datetime

    def require_action(self, gateway_reference: str, at: datetime) -> None:
        """A second answer of the same changes nothing."""
        if self.status in {Status.STARTED, Status.UNKNOWN}:
            self._action_required(gateway_reference=gateway_reference, required_at=at)

    @event(ActionRequired)
    def _action_required(self, gateway_reference: str) -> None:
        self.status = Status.REQUIRES_ACTION
        self.gateway_reference = gateway_reference

    class Unknown(Aggregate.Event):
        """The gateway cannot tell, and asking again could charge twice: a person decides."""

        TOPIC = "payment.unknown"
        detail: str
        unknown_at: datetime

    def give_to_person(self, detail: str, at: datetime) -> None:
        if self.status in {Status.STARTED, Status.REQUIRES_ACTION}:
            self._unknown(detail=detail, unknown_at=at)

    @event(Unknown)
    def _unknown(self) -> None:
        self.status = Status.UNKNOWN

    class Succeeded(Aggregate.Event):
        """`resolution` is why a person said so, where the gateway did not."""

        TOPIC = "payment.succeeded"
        gateway_reference: str
        succeeded_at: datetime
        resolution: str | None = None

    def succeed(self, gateway_reference: str, at: datetime, resolution: str | None = None) -> None:
        """Also of one that had failed: the money is there after all.

        Raises Conflict `payment_settled`.
        """
        if self.status is Status.SUCCEEDED:
            raise Conflict("payment_settled", f"payment is {self.status}")
        self._succeeded(gateway_reference=gateway_reference, succeeded_at=at, resolution=resolution)

    @event(Succeeded)
    def _succeeded(self, gateway_reference: str) -> None:
        self.status = Status.SUCCEEDED
        self.gateway_reference = gateway_reference or self.gateway_reference

    class Failed(Aggregate.Event):
        """`hard`: asking the same card again cannot help. `resolution` as of `Succeeded`."""

        TOPIC = "payment.failed"
        code: str
        detail: str
        failed_at: datetime
        hard: bool = False
        resolution: str | None = None

    def fail(
        self, code: str, detail: str, at: datetime, *, hard: bool = False,
        resolution: str | None = None,
    ) -> None:  # fmt: skip
        if self.status in SETTLED:
            raise Conflict("payment_settled", f"payment is {self.status}")
        self._failed(code=code, detail=detail, failed_at=at, hard=hard, resolution=resolution)

    @event(Failed)
    def _failed(self, code: str, hard: bool) -> None:
        self.status = Status.FAILED
        self.hard_decline = code if hard else None

    class RefundedAtGateway(Aggregate.Event):
        """Given back there without our asking, all of it so far. A person books it."""

        TOPIC = "payment.refunded_at_gateway"
        amount: int
        told_at: datetime

    def note_refunds_at_gateway(self, amount: int, at: datetime) -> bool:
        """Whether it is news."""
        if amount == self.refunded_at_gateway:
            return False
        self._refunded_at_gateway(amount=amount, told_at=at)
        return True

    @event(RefundedAtGateway)
    def _refunded_at_gateway(self, amount: int) -> None:
        self.refunded_at_gateway = amount

    def require_unknown(self) -> None:
        """Raises Conflict `payment_not_unknown`: only what nobody knows is for a person to say."""
        if self.status is not Status.UNKNOWN:
            raise Conflict("payment_not_unknown", f"payment is {self.status}")
