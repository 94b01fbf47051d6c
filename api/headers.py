"""The headers that answers carry, for OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]
_POSITION = "The position of the log that is shown"
DESCRIBED: dict[str, Json] = {
    "LedgerPosition": {"description": _POSITION, "schema": {"type": "integer", "minimum": 0}},
    "LedgerLag": {
        "description": "By how many events what is shown is behind; absent where it is not",
        "schema": {"type": "integer", "minimum": 1},
    },
    "XRequestId": {
        "description": "Under which the request is found in logs and on events",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "The version, for `If-Match`",
        "schema": {"type": "string", "pattern": '^"[0-9]+"$', "examples": ['"3"']},
    },
    "IdempotencyReplayed": {
        "description": "`true` where this is the answer of an earlier request with the same key",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "ContentDisposition": {"description": "The file's name", "schema": {"type": "string"}},
    "WWWAuthenticate": {"description": "`Bearer`", "schema": {"type": "string"}},
    "RateLimitLimit": {
        "description": "Requests a minute of the key; absent where none are counted",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimitRemaining": {
        "description": "How many of them are left",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimitReset": {
        "description": "In how many seconds all of them are there again",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RetryAfter": {
        "description": "Seconds; of a 409, of `request_in_progress`",
        "schema": {"type": "integer", "minimum": 0},
    },
}
_NAMES = {
    "LedgerPosition": "Ledger-Position",
    "LedgerLag": "Ledger-Lag",
    "XRequestId": "X-Request-Id",
    "IdempotencyReplayed": "Idempotency-Replayed",
    "ContentDisposition": "Content-Disposition",
    "WWWAuthenticate": "WWW-Authenticate",
    "RetryAfter": "Retry-After",
    "RateLimitLimit": "RateLimit-Limit",
    "RateLimitRemaining": "RateLimit-Remaining",
    "RateLimitReset": "RateLimit-Reset",
}
QUOTA = ("RateLimitLimit", "RateLimitRemaining", "RateLimitReset")


def named(names: Iterable[str]) -> Json:
    return {_NAMES.get(name, name): {"$ref": f"#/components/headers/{name}"} for name in names}
