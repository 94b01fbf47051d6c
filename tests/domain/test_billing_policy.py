"""Prompts as the built-in compiler reads them, and answers of agents as they are believed."""

from __future__ import annotations

from typing import Any

import pytest

from domain.catalog.billing_agent import Prompt, policy_from
from domain.catalog.compiler import BuiltIn
from domain.shared.errors import Invalid
from domain.shared.period import Interval

MONTHLY = {"currency": "USD", "interval": "month", "interval_count": 1}


def prompt(text: str, currency: str = "USD", interval: str = "month", count: int = 1) -> Prompt:
    return Prompt(text, currency, Interval(interval), count)


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("Charge 30.00 USD every month.", {"kind": "fixed", "amount": 3000, **MONTHLY}),
        ("  Charge 30 USD\nevery month", {"kind": "fixed", "amount": 3000, **MONTHLY}),
        (
            "Charge 3000 JPY every 2 weeks.",
            {
                "kind": "fixed", "amount": 3000, "currency": "JPY", "interval": "week",
                "interval_count": 2,
            },
        ),
        (
            "Charge 10.00 USD every month for the first 3 periods, then 20.00 USD.",
            {
                "kind": "step_up",
                "steps": [{"periods": 3, "amount": 1000}, {"periods": None, "amount": 2000}],
                **MONTHLY,
            },
        ),
        (
            "Charge 0.50 USD per copy at the end of each month.",
            {"kind": "usage_in_arrears", "unit_amount": 50, "unit": "copy", **MONTHLY},
        ),
    ],
)  # fmt: skip
def test_the_documented_sentences_compile(text: str, policy: dict[str, Any]) -> None:
    assert BuiltIn().compile(prompt(text)) == policy


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Charge what seems fair.",
        "charge 30.00 USD every month.",
        "Charge 30.00 USD every month. Then ask for more.",
        "Charge 30.001 USD every month.",
        "Charge -1.00 USD every month.",
        "Charge 3.50 JPY every month.",
        "Charge 30.00 XXX every month.",
        "Charge 10.00 USD every month for the first 0 periods, then 20.00 USD.",
        "Charge 10.00 USD every month for the first 3 periods, then 20.00 EUR.",
        "Charge 0.50 USD per copy every month.",
        "Charge 99999999999.00 USD every month.",
    ],
)
def test_anything_else_is_not_understood_and_says_what_is(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        BuiltIn().compile(prompt(text))
    assert refused.value.code == "prompt_not_understood"
    assert "Charge 30.00 USD every month." in refused.value.detail
    assert "per copy at the end of each month" in refused.value.detail


def test_a_prompt_is_for_the_plans_currency_and_interval() -> None:
    for asked, code in (
        (prompt("", currency="EUR"), "currency_mismatch"),
        (prompt("", interval="year"), "interval_mismatch"),
        (prompt("", count=2), "interval_mismatch"),
    ):
        with pytest.raises(Invalid) as refused:
            answered({"kind": "fixed", "amount": 1, **MONTHLY}, asked)
        assert refused.value.code == code


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"kind": "barter", **MONTHLY},
        {"kind": ["fixed"], **MONTHLY},
        {"kind": "fixed", **MONTHLY},
        {"kind": "fixed", "amount": -1, **MONTHLY},
        {"kind": "fixed", "amount": True, **MONTHLY},
        {"kind": "fixed", "amount": 10**13, **MONTHLY},
        {"kind": "fixed", "amount": 1, "discount": 2, **MONTHLY},
        {"kind": "step_up", "steps": [], **MONTHLY},
        {"kind": "step_up", "steps": [{"periods": 1, "amount": 1}], **MONTHLY},
        {"kind": "step_up", "steps": [{"amount": 1}, {"amount": 2}], **MONTHLY},
        {"kind": "step_up", "steps": [{"periods": 0, "amount": 1}, {"amount": 2}], **MONTHLY},
        {"kind": "step_up", "steps": [{"periods": 1, "amount": 1}, 2], **MONTHLY},
        {
            "kind": "step_up",
            "steps": [{"periods": 1, "amount": 1}, {"periods": 2, "amount": 2}],
            **MONTHLY,
        },
        {"kind": "usage_in_arrears", "unit_amount": 1, **MONTHLY},
        {"kind": "usage_in_arrears", "unit_amount": 1, "unit": "x" * 51, **MONTHLY},
    ],
)
def test_an_answer_outside_the_schema_is_no_policy(answer: object) -> None:
    with pytest.raises(Invalid) as refused:
        answered(answer)
    assert refused.value.code == "billing_agent_answer"


def test_steps_are_counted_by_the_periods_before() -> None:
    steps = [
        {"periods": 2, "amount": 100}, {"periods": 1, "amount": 200}, {"amount": 300},
    ]  # fmt: skip
    policy = answered({"kind": "step_up", "steps": steps, **MONTHLY})
    assert [policy.amount_in_advance(n) for n in range(5)] == [100, 100, 200, 300, 300]


def answered(answer: object, asked: Prompt | None = None) -> Any:
    return policy_from(answer, asked or prompt("p"), "test", version=1, maximum_amount=None)
