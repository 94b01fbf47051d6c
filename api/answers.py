"""What a request is answered with, accepted or refused, with an example of each, for OpenAPI."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from api import headers, samples, unfinished
from api.body import LARGEST_BODY, LONGEST_ADDRESS
from api.errors import CONTENT_TYPE, Refused, problem
from api.route import Linked, Read, Route, Shape, Signed, Write
from domain.shared.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Json = dict[str, Any]


class _Refusal(NamedTuple):
    status: int
    about: str
    example: Refused
    headers: Sequence[str] = ()


def _wrong(field: str, code: str, detail: str) -> list[FieldError]:
    return [FieldError(field, code, detail)]


_REFUSALS: dict[str, _Refusal] = {
    "Unreadable": _Refusal(
        400, "What was sent cannot be read",
        Refused(400, "unreadable_body", "not readable as JSON: 'name' is given twice"),
    ),
    "Unauthorized": _Refusal(
        401, "No key, or one that is unknown, expired or revoked",
        Refused(401, "invalid_key", "this key is unknown, expired or revoked"),
        ("WWWAuthenticate",),
    ),
    "Declined": _Refusal(
        402, "The card was declined; the attempt is recorded, its answer kept for the key",
        Refused(
            402, "payment_declined", "the card was declined",
            _wrong("payment_method_id", "card_declined", "the card was declined"),
        ),
    ),
    "Forged": _Refusal(
        401, "It does not bear the gateway's signature, or one too old",
        Refused(401, "invalid_signature", "the header does not fit the body, or is too old"),
    ),
    "Forbidden": _Refusal(
        403, "The key's role or scopes do not reach so far",
        Refused(403, "forbidden", "this key may not products write"),
    ),
    "WrongLink": _Refusal(
        403, "The link was changed, or there is no such file (any more)",
        Refused(403, "invalid_link", "this link is wrong, or its file is gone"),
    ),
    "NotFound": _Refusal(
        404, "There is no such thing in this account",
        Refused(404, "not_found", "there is no product 'prod_01m80my7zeeypta0a1x73t1twz'"),
    ),
    "Conflict": _Refusal(
        409, "Its state does not allow it; nothing was recorded",
        Refused(409, "product_has_active_plans", "archive or delete its active plans first"),
        ("RetryAfter",),
    ),
    "LinkExpired": _Refusal(
        410, "The link's time is over",
        Refused(410, "link_expired", "the link has expired; the export can be made anew"),
    ),
    "VersionMismatch": _Refusal(
        412, "`If-Match` names another version than the current one",
        Refused(412, "version_mismatch", "version is 4"),
    ),
    "TooLarge": _Refusal(
        413, "The body is too large",
        Refused(413, "body_too_large", f"a body has at most {LARGEST_BODY} octets"),
    ),
    "UnsupportedMediaType": _Refusal(
        415, "The body is not JSON",
        Refused(415, "unsupported_media_type", "send application/json"),
    ),
    "AddressTooLong": _Refusal(
        414, f"The address is longer than {LONGEST_ADDRESS} octets",
        Refused(414, "address_too_long", f"an address has at most {LONGEST_ADDRESS} octets"),
    ),
    "Invalid": _Refusal(
        422, "Fields or parameters are wrong: all of them at once",
        Refused(
            422, "invalid", "name: may not be blank; colour: there is no such field",
            [
                FieldError("name", "required", "may not be blank"),
                FieldError("colour", "unknown_field", "there is no such field"),
            ],
        ),
    ),
    "TooManyRequests": _Refusal(
        429, "More requests than the key may send",
        Refused(429, "rate_limited", "try again later"), ("RetryAfter",),
    ),
    "Unavailable": _Refusal(
        503, "The database does not answer; send it again with the same Idempotency-Key",
        Refused(503, "database_unavailable", "the database does not answer"), ("RetryAfter",),
    ),
}  # fmt: skip
_ALWAYS = ("Unreadable", "Unauthorized", "Forbidden", "Invalid", "TooManyRequests", "Unavailable")
_WRITING = ("Conflict", "TooLarge", "UnsupportedMediaType")


def refusals() -> Json:
    """The components that operations refer to."""
    return {name: _told(each) for name, each in _REFUSALS.items()}


def _told(refusal: _Refusal) -> Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    example = problem(refusal.example, "4bc1b9cdb7f54a0e9a5e1c4a4ed4bd9a")
    return {
        "description": refusal.about,
        "headers": headers.named(("XRequestId", *headers.QUOTA, *refusal.headers)),
        "content": {CONTENT_TYPE: {"schema": schema, "example": example}},
    }


_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE: Json = {"schema": {"type": "string", "format": "binary"}}
_FILES: Json = dict.fromkeys(("text/csv", _BOOK), _FILE)


def of(route: Route, routes: Sequence[Route]) -> Json:
    accepted = {str(status): answer for status, answer in _accepted(route, routes)}
    refused = {
        str(_REFUSALS[name].status): {"$ref": f"#/components/responses/{name}"}
        for name in _refused(route)
    }
    if isinstance(route, Read | Linked) and not isinstance(route, Signed):
        refused["414"] = {"$ref": "#/components/responses/AddressTooLong"}
    return dict(sorted({**accepted, **refused}.items()))


def _refused(route: Route) -> Iterator[str]:
    if isinstance(route, Signed):
        yield from (
            "Unreadable",
            "Forged",
            *_WRITING[:2],
            "Invalid",
            "TooManyRequests",
            "Unavailable",
        )
        return
    if isinstance(route, Linked):
        yield from ("WrongLink", "LinkExpired", "Unavailable")
        return
    yield from _ALWAYS
    if (
        "{" in route.path
        or route.name in {"test_clock", "account"}
        or (isinstance(route, Read) and "ids" in route.parameters)
        or route.path.endswith("/gifts/redeem")  # by its code
        or (isinstance(route, Write) and route.bearer)
    ):
        yield "NotFound"
    if isinstance(route, Write):
        yield from _WRITING
        if "{id}" in route.path or route.method != "POST":
            yield "VersionMismatch"
        if route.pays:
            yield "Declined"
    elif route.name == "test_clock" or (isinstance(route, Read) and route.conflicts):
        yield "Conflict"  # a live account has no clock


def _accepted(route: Route, routes: Sequence[Route]) -> Iterator[tuple[int, Json]]:
    status = route.status if isinstance(route, Write) else 200
    told = {"headers": headers.named(_carried(route)), "content": _content(route, routes)}
    yield status, {"description": HTTPStatus(status).phrase, **told}
    if isinstance(route, Write) and route.unfinished:
        example = unfinished.sample(route.name, routes)
        content = {"schema": ref(f"unfinished_{route.name}"), "example": example}
        about = "Not known yet: `status` says what is waited for"
        yield 202, {"description": about, **told, "content": {"application/json": content}}


def _carried(route: Route) -> Iterable[str]:
    if isinstance(route, Linked):
        yield "LedgerPosition" if isinstance(route, Signed) else "ContentDisposition"
        yield "XRequestId"
        return
    yield from ("LedgerPosition", "LedgerLag", "XRequestId", *headers.QUOTA)
    if isinstance(route, Write):
        yield from ("ETag", "IdempotencyReplayed")
    elif isinstance(route, Read) and route.shape is Shape.ITEM and route.name != "event":
        yield "ETag"
    elif isinstance(route, Read) and route.shape is Shape.FILE:
        yield "ContentDisposition"


def _content(route: Route, routes: Sequence[Route]) -> Json:
    if isinstance(route, Linked):
        return {"application/json": _RECEIVED} if isinstance(route, Signed) else _FILES
    if isinstance(route, Write) and route.many:
        items = {"type": "array", "items": ref(route.name)}
        several = {"type": "object", "required": ["data"], "properties": {"data": items}}
        either = {"oneOf": [ref(route.name), several]}
        return {"application/json": {"schema": either, "example": samples.of(route.name, routes)}}
    if not isinstance(route, Read) or route.shape is Shape.ITEM:
        example = samples.of(route.name, routes)
        return {"application/json": {"schema": ref(route.name), "example": example}}
    if route.shape is Shape.LIST:
        return {"application/json": _listed(route, routes)}
    if route.shape is Shape.FILE:
        return dict.fromkeys(route.media, _FILE) or _FILES
    return {"application/json": _REPORTED, **_FILES}


_RECEIVED: Json = {"schema": {"type": "object"}, "example": {"received": True}}


_REPORTED: Json = {
    "schema": {
        "type": "object",
        "required": ["data", "position"],
        "properties": {
            "data": {"type": "array", "items": {"type": "object"}},
            "position": {"type": "integer"},
        },
    },
    "example": {
        "data": [{"account": "deferred_revenue", "currency": "USD", "debit": 0, "credit": 3100}],
        "position": 42,
    },
}


def _listed(route: Read, routes: Sequence[Route]) -> Json:
    of_name = {"data": route.name, **route.beside}
    lists = {field: {"type": "array", "items": ref(name)} for field, name in of_name.items()}
    schema = {
        "type": "object",
        "required": [*lists, "next_cursor"],
        "properties": {**lists, "next_cursor": {"type": ["string", "null"]}},
    }
    example = {field: [samples.of(name, routes)] for field, name in of_name.items()}
    return {"schema": schema, "example": {**example, "next_cursor": None}}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{titled(name)}"}


def titled(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))
