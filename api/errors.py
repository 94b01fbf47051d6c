"""Refusals as problems (RFC 9457): the one table from a domain's error to an HTTP status."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import falcon
import orjson
import structlog

from api.codes import address_of
from domain.catalog.billing_agent import AgentUnavailable
from domain.payments.gateway import Forged, GatewayUnavailable, Unreadable
from domain.shared import errors as domain
from domain.shared.errors import DomainError, FieldError
from store.connections import UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONTENT_TYPE = "application/problem+json"
_log = structlog.get_logger()

# The first that fits counts: special ones stand before the kind they belong to.
STATUSES: tuple[tuple[type[DomainError], int], ...] = (
    (domain.NotFound, 404),
    (domain.StaleVersion, 412),
    (domain.NotAllowed, 403),
    (domain.KeyReused, 422),
    (domain.Invalid, 422),
    (AgentUnavailable, 503),
    (GatewayUnavailable, 503),
    (Forged, 401),
    (Unreadable, 400),
    (domain.Conflict, 409),
    (DomainError, 409),
)
_CLAIMED_FIELDS = {"email": "email"}


class Refused(Exception):
    """The edge's own refusal: what HTTP itself, the key or the rights do not allow."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def refused(error: DomainError) -> Refused:
    """A domain's refusal as the edge tells it."""
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    fields = tuple(_named(error) if isinstance(error, domain.Invalid) else ())
    soon = isinstance(error, (domain.RequestInProgress, domain.ClockMoving))
    headers = {"Retry-After": "1"} if soon else None
    return Refused(status, error.code, error.detail or str(error), fields, headers)


def _named(error: domain.Invalid) -> Sequence[FieldError]:
    """A claim's kind as the caller's field: `plan.old_provider_id` is `old_provider_id`."""
    if not isinstance(error, domain.ClaimTaken):
        return error.fields
    field = _CLAIMED_FIELDS.get(error.kind, error.kind.rpartition(".")[2])
    return tuple(each._replace(field=field) for each in error.fields)


def problem(refusal: Refused, request_id: str) -> dict[str, Any]:
    return {
        "type": address_of(refusal.code),
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.detail,
        "errors": [error._asdict() for error in refusal.errors],
        "request_id": request_id,
    }


def register(app: falcon.App[Any, Any]) -> None:
    """Every way a request can fail ends in a problem; later handlers are asked first."""
    app.add_error_handler(Exception, _unexpected)
    app.add_error_handler(UNAVAILABLE, _unavailable)
    app.add_error_handler(falcon.HTTPError, _protocol)
    app.add_error_handler(DomainError, _domain)
    app.add_error_handler(Refused, _refused)


def _refused(request: Any, response: Any, refusal: Refused, _params: Any) -> None:
    _answer(request, response, refusal)


def _domain(request: Any, response: Any, error: DomainError, _params: Any) -> None:
    _answer(request, response, refused(error))


_PROTOCOL_CODES = {404: "not_found", 405: "method_not_allowed"}
_PROTOCOL_DETAILS = {
    404: "there is nothing at this address",
    405: "this address takes no {0}; `Allow` says what it takes",
}


def _protocol(request: Any, response: Any, error: falcon.HTTPError, _params: Any) -> None:
    status = error.status_code
    code = _PROTOCOL_CODES.get(status, HTTPStatus(status).name.lower())
    usual = _PROTOCOL_DETAILS.get(status, HTTPStatus(status).phrase)
    detail = error.description or usual.format(request.method)
    _answer(request, response, Refused(status, code, detail, headers=dict(error.headers or {})))


def _unavailable(request: Any, response: Any, error: Exception, _params: Any) -> None:
    """Nothing can be said of what a write did: its key tells, when it is sent again."""
    _log.warning("database_unavailable", request_id=request.context.request_id, reason=str(error))
    detail = "the database does not answer; send it again with the same Idempotency-Key"
    headers = {"Retry-After": "1"}
    _answer(request, response, Refused(503, "database_unavailable", detail, headers=headers))


def _unexpected(request: Any, response: Any, error: Exception, _params: Any) -> None:
    """Says nothing of what went wrong to the caller; the log says it under the request's id."""
    _log.error(
        "request_failed",
        request_id=request.context.request_id,
        method=request.method,
        route=request.uri_template,
        exc_info=error,
    )
    detail = "the service failed to answer; the request id leads to the cause"
    _answer(request, response, Refused(500, "internal_error", detail))


def _answer(request: Any, response: Any, refusal: Refused) -> None:
    response.status = refusal.status
    response.content_type = CONTENT_TYPE
    response.data = orjson.dumps(problem(refusal, request.context.request_id))
    response.set_headers(refusal.headers)
