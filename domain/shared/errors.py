"""Refusals. Each carries a stable code; the edge maps the kind to a status, nobody else does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class FieldError(NamedTuple):
    field: str
    code: str
    detail: str


class DomainError(Exception):
    """A caller's mistake or a rule's no. Nothing was recorded."""

    code: str = "refused"

    def __init__(self, code: str | None = None, detail: str = "") -> None:
        self.code = code or type(self).code
        self.detail = detail
        super().__init__(f"{self.code}: {detail}" if detail else self.code)


class NotFound(DomainError):
    """No such thing in this account."""

    code = "not_found"


class Conflict(DomainError):
    """The thing is in a state that does not allow it."""

    code = "conflict"


class NotAllowed(DomainError):
    """The account is not set up for it."""

    code = "not_allowed"


class Invalid(DomainError):
    """Wrong fields, all of them at once."""

    code = "invalid"

    def __init__(self, fields: tuple[FieldError, ...], code: str | None = None) -> None:
        self.fields = fields
        super().__init__(
            code or (fields[0].code if len(fields) == 1 else None),
            "; ".join(f"{field.field}: {field.detail}" for field in fields),
        )

    @classmethod
    def one(cls, field: str, code: str, detail: str) -> Invalid:
        return cls((FieldError(field, code, detail),))


class Gathered:
    """What is wrong in one part after the other, so that all of it is told at once."""

    def __init__(self) -> None:
        self._fields: list[FieldError] = []

    @contextmanager
    def noting(self) -> Iterator[None]:
        try:
            yield
        except Invalid as wrong:
            self._fields.extend(wrong.fields)

    def require_none(self) -> None:
        """Raises Invalid. What a noted part was to give is there only after this."""
        if self._fields:
            raise Invalid(tuple(self._fields))


class ConcurrentChange(Conflict):
    """Somebody else changed it first; load again and ask again."""

    code = "concurrent_change"


class AnotherKey(ConcurrentChange):
    """What seals somebody's personal data was made or destroyed meanwhile."""


class StaleVersion(DomainError):
    """The caller named a version that is no longer the current one."""

    code = "version_mismatch"


class ClaimTaken(Invalid):
    """A value that must be unique in the account belongs to another record."""

    def __init__(self, kind: str, value: str) -> None:
        self.kind = kind
        self.value = value
        field = kind.rpartition(".")[2]
        super().__init__((FieldError(field, "taken", "already used by another record"),))


class ClaimHeld(Conflict):
    """A claim stands in the way: something still depends on this record."""

    code = "claim_held"

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(detail=kind)


class DocumentIssued(Conflict):
    """The account has issued documents: what they all rest on is fixed."""

    code = "document_issued"


class KeyReused(DomainError):
    """The idempotency key was used for another request."""

    code = "idempotency_key_reused"


class RequestInProgress(Conflict):
    """The first request with this idempotency key is still running."""

    code = "request_in_progress"


class ClockMoving(Conflict):
    """Another request is advancing this account's test clock."""

    code = "clock_is_moving"


class AlreadyRecorded(DomainError):
    """The idempotency key's request happened before: look its answer up, record nothing."""

    code = "already_recorded"


class ClockRefused(Conflict):
    """The clock belongs to a live account, or would run backwards past recorded events."""

    code = "clock_refused"
