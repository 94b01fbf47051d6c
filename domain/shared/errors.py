"""Refusals: what a caller did wrong, each with a stable code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from domain.shared.recording import Claim


class FieldError(NamedTuple):
    """What is wrong with one field of the request."""

    field: str
    code: str
    detail: str


class DomainError(Exception):
    """A command was refused and nothing was recorded."""

    code = "refused"

    def __init__(self, detail: str = "", fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.fields = fields


class NotFound(DomainError):
    """There is no such thing in this account."""

    code = "not_found"


class Conflict(DomainError):
    """The request was right, but not in the state things are in."""

    code = "conflict"


class Invalid(DomainError):
    """One or more values of the request cannot be accepted."""

    code = "invalid"


class ConcurrentChange(Conflict):
    """Someone else changed what this decision rests on; reload and decide again."""

    code = "concurrent_change"


class ClaimTaken(Invalid):
    """A value that must be unique belongs to another owner."""

    code = "taken"

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"{claim.kind} {claim.value!r} is taken")
        self.claim = claim


class ClaimForbids(Conflict):
    """A claim exists that must not exist for this command."""

    code = "claim_forbids"

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"{claim.kind} {claim.value!r} exists")
        self.claim = claim


class KeyReused(Invalid):
    """The idempotency key belongs to a request with another body."""

    code = "idempotency_key_reused"


class RequestInProgress(Conflict):
    """The first request with this idempotency key has no outcome yet."""

    code = "request_in_progress"


class AlreadyAnswered(Conflict):
    """The request with this idempotency key has happened; its stored answer is the answer."""

    code = "already_answered"


class ClockRefused(Conflict):
    """The clock belongs to a live account, or would run backwards."""

    code = "clock_refused"
