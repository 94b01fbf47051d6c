"""The port to billing agents: a written prompt asked, and an answer that is believed only when
it has the shape of a policy for this plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from domain.shared.errors import DomainError, Invalid
from domain.shared.money import LARGEST_AMOUNT
from domain.shared.policy import FIXED, STEP_UP, USAGE_IN_ARREARS, BillingPolicy, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.shared.period import Interval

_MOST_STEPS = 50
_MOST_PERIODS = 10_000
_LONGEST_UNIT = 50


class AgentUnavailable(DomainError):
    """The agent gave no answer: nothing can be said of the prompt."""

    code = "billing_agent_unavailable"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an agent is asked. The policy has to be for the plan's currency and interval."""

    text: str
    currency: str
    interval: Interval
    interval_count: int


class BillingAgent(Protocol):
    name: str

    def compile(self, prompt: Prompt) -> Mapping[str, Any]:
        """A policy as `docs/ai-plans.md` describes it: kind, currency, interval, interval_count,
        and what the kind needs.

        Raises Invalid `prompt_not_understood`, AgentUnavailable.
        """


def policy_from(
    answer: object, prompt: Prompt, agent: str, *, version: int, maximum_amount: int | None
) -> BillingPolicy:
    """The agent's answer as a policy.

    Raises Invalid: `billing_agent_answer` outside the schema, `currency_mismatch` and
    `interval_mismatch` for what is not the plan's.
    """
    told = _Answer(answer)
    kind = told.one_of("kind", (FIXED, STEP_UP, USAGE_IN_ARREARS))
    fields: dict[str, Any]
    if kind == FIXED:
        fields = {"amount": told.amount("amount")}
    elif kind == STEP_UP:
        fields = {"steps": told.steps()}
    else:
        fields = {"unit_amount": told.amount("unit_amount"), "unit": told.unit()}
    told.only("kind", "currency", "interval", "interval_count", *fields)
    _require_of_plan(told, prompt)
    return BillingPolicy(
        version=version, kind=kind, prompt=prompt.text, currency=prompt.currency,
        interval=prompt.interval, interval_count=prompt.interval_count,
        maximum_amount=maximum_amount, compiled_by=agent, **fields,
    )  # fmt: skip


def _require_of_plan(told: _Answer, prompt: Prompt) -> None:
    if told.get("currency") != prompt.currency:
        detail = f"charges {told.get('currency')}, the plan is in {prompt.currency}"
        raise Invalid.one("billing_prompt", "currency_mismatch", detail)
    asked = (told.get("interval"), told.get("interval_count") or 1)
    if asked != (prompt.interval.value, prompt.interval_count):
        detail = f"bills every {asked[1]} {asked[0]}, the plan every"
        detail = f"{detail} {prompt.interval_count} {prompt.interval.value}"
        raise Invalid.one("billing_prompt", "interval_mismatch", detail)


class _Answer:
    """An agent's answer, looked at field by field."""

    def __init__(self, answer: object) -> None:
        if not isinstance(answer, dict):
            raise _outside("it is no object")
        self._fields = answer

    def get(self, name: str) -> Any:
        return self._fields.get(name)

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.get(name)
        if not isinstance(value, str) or value not in allowed:
            raise _outside(f"{name} is not one of {', '.join(allowed)}")
        return value

    def amount(self, name: str) -> int:
        return _whole(self.get(name), name, 0, LARGEST_AMOUNT - 1)

    def unit(self) -> str:
        unit = self.get("unit")
        if not isinstance(unit, str) or not 0 < len(unit.strip()) <= _LONGEST_UNIT:
            raise _outside("unit is no short text")
        return unit.strip()

    def steps(self) -> tuple[Step, ...]:
        """Each but the last says for how many periods; the last is for all that follow."""
        told = self.get("steps")
        if not isinstance(told, list) or not 1 < len(told) <= _MOST_STEPS:
            raise _outside(f"steps are not 2 to {_MOST_STEPS} steps")
        return tuple(_step(step, last=step is told[-1]) for step in told)

    def only(self, *known: str) -> None:
        unknown = sorted(set(map(str, self._fields)) - set(known))
        if unknown:
            raise _outside(f"it says {', '.join(unknown)}")


def _step(step: object, *, last: bool) -> Step:
    if not isinstance(step, dict) or set(step) - {"amount", "periods"}:
        raise _outside("a step has an amount and its periods")
    amount = _whole(step.get("amount"), "amount", 0, LARGEST_AMOUNT - 1)
    if last and step.get("periods") is None:
        return Step(amount)
    if last:
        raise _outside("the last step has no periods: it goes on")
    return Step(amount, _whole(step.get("periods"), "periods", 1, _MOST_PERIODS))


def _whole(value: object, name: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise _outside(f"{name} is not a whole number from {least} to {most}")
    return value


def _outside(detail: str) -> Invalid:
    return Invalid.one(
        "billing_prompt", "billing_agent_answer", f"the agent's answer is no policy: {detail}"
    )
