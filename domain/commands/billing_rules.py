"""Billing rules of plans: a prompt read by an agent, its policies kept, one of them in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.catalog.billing_agent import Prompt, policy_from
from domain.catalog.plan import Plan
from domain.commands.act import Done
from domain.commands.catalog import change_plan
from domain.shared.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.application import Books
    from domain.catalog.billing_agent import BillingAgent
    from domain.commands.act import Act
    from domain.shared.period import Interval
    from domain.shared.policy import BillingPolicy

_RULE = ("billing_prompt", "maximum_amount")


def compiled(
    agent: BillingAgent,
    text: str | None,
    *,
    currency: str,
    interval: Interval,
    interval_count: int,
    maximum_amount: int | None,
    version: int = 1,
) -> BillingPolicy | None:
    """What the agent makes of a prompt; nothing where there is none. The agent is asked before
    anything is recorded, and no transaction waits for it.

    Raises what `policy_from` and the agent raise, Invalid `billing_prompt_required`.
    """
    if text is None:
        if maximum_amount is not None:
            raise Invalid.one(
                "maximum_amount", "billing_prompt_required", "limits what a billing prompt charges"
            )
        return None
    prompt = Prompt(text, currency, interval, interval_count)
    answer = agent.compile(prompt)
    return policy_from(answer, prompt, agent.name, version=version, maximum_amount=maximum_amount)


def update_ruled_plan(
    books: Books,
    agent: BillingAgent,
    ref: str,
    changes: dict[str, Any],
    act: Act,
    version: int | None = None,
) -> Done:
    """A plan's change that may bring another prompt or limit: they make another version."""
    plan = books.load(Plan, ref)
    plan.require_version(version)
    rule: dict[str, Any] = {name: changes.pop(name) for name in _RULE if name in changes}
    given = change_plan(plan, changes)
    _change_rule(books, agent, plan, rule)
    return Done(plan.ref, books.record(plan, by=act.by, given=act.given(plan.ref, **given)))


def _change_rule(books: Books, agent: BillingAgent, plan: Plan, rule: Mapping[str, Any]) -> None:
    before = plan.policies[-1] if plan.prompt is not None else None
    text = rule.get("billing_prompt", plan.prompt)
    limit = rule.get("maximum_amount", before and before.maximum_amount)
    if "billing_prompt" in rule and text is None:
        if rule.get("maximum_amount") is not None:
            raise Invalid.one(
                "maximum_amount", "billing_prompt_required", "limits what a billing prompt charges"
            )
        plan.withdraw_policy(books.now())
        return
    if before is not None and (text, limit) == (before.prompt, before.maximum_amount):
        return
    terms = plan.terms
    policy = compiled(
        agent, text, currency=terms.currency, interval=terms.interval,
        interval_count=terms.interval_count, maximum_amount=limit,
        version=len(plan.policies) + 1,
    )  # fmt: skip
    if policy is not None:
        plan.keep_policy(policy, books.now())


def activate_policy(
    books: Books, ref: str, policy_version: int, act: Act, version: int | None = None
) -> Done:
    """Terms that begin from now on are billed by that version. Raises Invalid `policy_unknown`."""
    plan = books.load(Plan, ref)
    plan.require_version(version)
    plan.activate_policy(policy_version, books.now())
    return Done(plan.ref, books.record(plan, by=act.by, given=act.given(plan.ref)))
