"""What schemathesis is told besides the description: which refusals depend on the records."""

from __future__ import annotations

import schemathesis

OF_THE_RECORDS = {
    "not_found",
    "taken",
    "idempotency_key_reused",
    "invalid_cursor",
    "invalid_instant",
    "invalid_date",
    "before_now",
    "empty_period",
    "conflicting",
    "not_ascending",
    "token_not_accepted",
    "unknown_gateway",
}
"""Codes of fields whose form is right: the records, the gateway or the calendar say no."""

NOUNS = ("customer", "plan", "product", "organization")
REFERENCES = {(f"{noun}_id", "required") for noun in NOUNS}
"""References that are required under one of two names, which generators of clients cannot say."""


@schemathesis.check
def refused_only_for_what_is_recorded(ctx, response, case):
    """A request that fits the description may be refused, but never for its form."""
    if (
        case.meta is None
        or not case.meta.generation.mode.is_positive
        or response.status_code != 422
    ):
        return
    told = response.json()
    wrong = [each for each in told["errors"] if (each["field"], each["code"]) not in REFERENCES]
    codes = {each["code"] for each in wrong} or ({told["code"]} if not told["errors"] else set())
    unexplained = codes - OF_THE_RECORDS
    assert not unexplained, f"the description does not say why {unexplained}: {told['errors']}"
