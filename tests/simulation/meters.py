"""Plans whose billing is a written prompt: read, activated, mended; what is used is told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from domain.catalog.compiler import BuiltIn
from domain.commands import billing_rules, catalog, metering
from domain.commands.act import Act
from domain.commands.rules import usage_of
from domain.shared.period import Interval
from domain.shared.recording import Context
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.world import World

_ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))
PROMPTS = (
    "Charge 30.00 USD every month.",
    "Charge 10.00 USD every month for the first 3 periods, then 20.00 USD.",
    "Charge 0.50 USD per copy at the end of each month.",
)


class Meters:
    """The plans of one account that are billed by a rule, by typed id."""

    def __init__(self) -> None:
        self.plans: list[str] = []

    def acts(self, world: World) -> list[tuple[Callable[[], None], int]]:
        found: list[tuple[Callable[[], None], int]] = []
        if world.products and len(self.plans) < 4:
            found.append((partial(self.rule, world), 3))
        if self.plans:
            found.append((partial(self.mend, world), 2))
        if world.subscriptions:
            found.append((partial(self.use, world), 6))
        return found

    def rule(self, world: World) -> None:
        """A limit that a renewal may break: then nothing is charged."""
        books, random = world.desk.books, world.random
        policy = billing_rules.compiled(
            BuiltIn(), random.choice(PROMPTS), currency="USD", interval=Interval.MONTH,
            interval_count=1, maximum_amount=random.choice([None, 1500]),
        )  # fmt: skip
        new = catalog.NewPlan(
            product_id=random.choice(world.products), name=f"Ruled {len(self.plans)}", amount=700,
            currency="USD", interval=Interval.MONTH, policy=policy,
        )  # fmt: skip
        ref = catalog.create_plan(books, new, _ACT).ref
        self.plans.append(ref)
        world.plans += [ref, ref]
        billing_rules.activate_policy(books, ref, 1, _ACT)

    def mend(self, world: World) -> None:
        """Another prompt or limit is another version, in force when it is activated."""
        books, random = world.desk.books, world.random
        ref = random.choice(self.plans)
        changes = {
            "billing_prompt": random.choice(PROMPTS), "maximum_amount": random.choice([None, 4000]),
        }  # fmt: skip
        billing_rules.update_ruled_plan(books, BuiltIn(), ref, changes, _ACT)
        billing_rules.activate_policy(books, ref, random.choice([1, 2, 3]), _ACT)

    def use(self, world: World) -> None:
        books, random = world.desk.books, world.random
        known = books.load_many(Subscription, world.subscriptions[-20:]).values()
        metered = [each.ref for each in known if usage_of(each) is not None]
        ref = random.choice(metered or world.subscriptions)
        metering.record_usage(books, ref, random.choice([1, 40]), None, _ACT)
