"""What schemathesis is told besides the description: which refusals depend on the records."""

from __future__ import annotations

import os
import re
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
    "invalid_instant": "a date of the right form that no calendar has, or a position to come",
    "invalid_date": "the same",
    "before_now": "the account's clock is later",
    "in_the_past": "the same",
    "not_in_future": "the same, of the clock on the wall",
    "amount_exceeds_balance": "what the customer's balance holds",
    "amount_exceeds_outstanding": "what of the invoice is not paid yet",
    "currency_mismatch": "the currency of what is referred to",
    "reference_mismatch": "which product the plan is of",
    "seat_capacity_exceeded": "how many seats are taken",
    "empty_period": "the end of a period against its beginning",
    "conflicting": "`to` against `as_of`, which name the same day",
    "not_ascending": "one day of dunning against the one before it",
    "not_in_the_future": "the account's clock is later",
    "percent_or_amount": "one field against the other: a coupon takes off one of the two",
    "amount_or_lines": "the same, of what a credit note gives back",
    "only_repeating": "how long a coupon lasts against its duration",
    "known_at_not_past": "the account's clock is earlier",
    "only_charge_automatically": "how the invoice is collected",
    "policy_unknown": "which versions of its policy the plan has",
    "same_plan": "the plan it runs on already",
    "not_after_end": "when its term ends",
    "payment_method_required": "which cards the customer has",
    "prompt_not_understood": "what the agent makes of a sentence",
}
"""Codes of fields whose form is right: the records, the gateway or the calendar say no."""

ONLY_OF = {
    "invalid_token": {"token"},
    "too_common": {"password"},
    "token_not_accepted": {"token"},
    "unknown_gateway": {"gateway"},
    "invalid_date": {"as_of", "from", "to", "on"},
    "before_now": {"to"},
    "in_the_past": {"on"},
    "not_in_future": {"expires_at"},
    "reference_mismatch": {"lines[].product_id"},
    "empty_period": {"from", "lines[].period_end"},
    "conflicting": {"to"},
    "not_ascending": {"dunning_days"},
    "percent_or_amount": {"percent"},
    "amount_or_lines": {"amount"},
    "only_repeating": {"duration_in_months", "periods"},
    "known_at_not_past": {"known_at"},
    "only_charge_automatically": {"payment_method_id"},
    "policy_unknown": {"activate"},
    "same_plan": {"plan_id"},
    "not_after_end": {"end_date"},
    "payment_method_required": {"payment_method_id"},
    "prompt_not_understood": {"billing_prompt"},
}
"""The fields that such a code may stand at; at any other it hides what the description lacks."""

OWN_KEY = os.environ.get("SUBLEDGER_CONTRACT_KEY", "")
"""The key that is asked with. Ids are learned from answers: withdrawn, it would end the run."""

NOUNS = ("customer", "plan", "product", "organization")
REFERENCES = {(f"{noun}_id", "required") for noun in NOUNS}
"""References that are required under one of two names, which generators of clients cannot say."""

BESIDE_OTHERS = {
    (field, "required")
    for field in (
        "currency", "duration_in_months", "lines[].period_start", "lines[].period_end",
    )
}  # fmt: skip
"""Of a coupon: an amount has a currency, and what repeats says for how long; a line's period has
two ends."""

NO_SUCH_DAY = ("must be an RFC 3339 instant with an offset, or a date",)
"""What lists say of 30 February, of which the pattern does not know."""

SHARE = int(os.environ.get("SUBLEDGER_CONTRACT_SHARE", "1"))
"""Of how many systematic cases one is sent: `make fuzz` sends all."""


@schemathesis.hook
def filter_case(_context, case):
    if case.method != "GET" and OWN_KEY in (case.path_parameters or {}).values():
        return False
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
    wrong = [each for each in told["errors"] if not is_explained(each, case)]
    codes = {each["code"] for each in wrong}
    unexplained = codes or ({told["code"]} - OF_THE_RECORDS.keys() if not told["errors"] else ())
    assert not unexplained, f"the description does not say why {unexplained}: {told['errors']}"


def is_explained(error, case) -> bool:
    field, code = re.sub(r"\[\d+\]", "[]", error["field"]), error["code"]
    if code in OF_THE_RECORDS:
        return field in ONLY_OF.get(code, {field})
    if (field, code) in REFERENCES | BESIDE_OTHERS:
        return True
    if code == "unknown_filter":
        return depends_on_another(field, case)
    return error["code"] == "invalid_value" and error["detail"] in NO_SUCH_DAY


def depends_on_another(field, case) -> bool:
    """Which parameters a report or an order takes depends on its name, and what names papers one
    by one leaves nothing to select: each is one address for the description."""
    if case.path == "/core/v1/exports":
        return field.startswith("filters.")
    named = case.path.endswith(".zip") and "ids" in (case.query or {})
    return named or case.path == "/core/v1/reports/{name}"
