"""What schemathesis is told besides the description: which refusals depend on the records."""

from __future__ import annotations

import os
from zlib import crc32

import schemathesis

OF_THE_RECORDS = {
    "not_found": "a reference to nothing in this account",
    "taken": "the value is another's",
    "idempotency_key_reused": "the key stands for another request",
    "invalid_cursor": "only a cursor that the service gave out is one",
    "invalid_token": "only a token that the service gave out is one",
    "too_common": "a password that everybody tries, or the address of the account",
    "token_not_accepted": "the gateway does not know the card",
    "unknown_gateway": "the operator has not set this gateway up",
    "invalid_instant": "a date of the right form that no calendar has",
    "invalid_date": "the same",
    "before_now": "the account's clock is later",
    "in_the_past": "the same",
    "not_in_future": "the same, of the clock on the wall",
    "amount_exceeds_balance": "what the customer's balance holds",
    "amount_exceeds_outstanding": "what of the invoice is not paid yet",
    "currency_mismatch": "the currency of what is referred to",
    "seat_capacity_exceeded": "how many seats are taken",
    "empty_period": "one parameter against another",
    "conflicting": "two names of one thing, of which the records know that they differ",
    "not_ascending": "one element against the one before it",
}
"""Codes of fields whose form is right: the records, the gateway or the calendar say no."""

NOUNS = ("customer", "plan", "product", "organization")
REFERENCES = {(f"{noun}_id", "required") for noun in NOUNS}
"""References that are required under one of two names, which generators of clients cannot say."""

NO_SUCH_DAY = ("must be an RFC 3339 instant with an offset, or a date",)
"""What lists say of 30 February, of which the pattern does not know."""

SHARE = int(os.environ.get("SUBLEDGER_CONTRACT_SHARE", "1"))
"""Of how many systematic cases one is sent: `make fuzz` sends all."""


@schemathesis.hook
def filter_case(_context, case):
    if case.meta is None:
        return True
    positive = case.meta.generation.mode.is_positive
    if positive and has_whole_fraction(case.body):
        return False
    return case.meta.phase.name.value != "coverage" or is_sent(case)


def has_whole_fraction(body) -> bool:
    """An integer as `1.0`: JSON Schema cannot tell it from 1, and money is never a fraction."""
    if isinstance(body, dict):
        return any(map(has_whole_fraction, body.values()))
    if isinstance(body, list):
        return any(map(has_whole_fraction, body))
    return isinstance(body, float) and body.is_integer()


def is_sent(case) -> bool:
    """Header fields that nobody knows are to be ignored, not refused: RFC 9110, section 5.1."""
    told = case.meta.phase.data
    if told.scenario == "object_unexpected_properties" and told.parameter_location == "header":
        return False
    named = (case.method, case.path, told.scenario, told.parameter, told.description)
    return crc32(repr(named).encode()) % SHARE == 0


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
    wrong = [each for each in told["errors"] if not is_explained(each)]
    codes = {each["code"] for each in wrong} or ({told["code"]} if not told["errors"] else set())
    unexplained = codes - OF_THE_RECORDS.keys()
    assert not unexplained, f"the description does not say why {unexplained}: {told['errors']}"


def is_explained(error) -> bool:
    if (error["field"], error["code"]) in REFERENCES:
        return True
    return error["code"] == "invalid_value" and error["detail"] in NO_SUCH_DAY
