"""A short simulated life in every run of the suite; `make simulate SEED=n` runs long ones."""

import pytest

from tests.simulation.run import simulate


@pytest.mark.parametrize("seed", [1, 7])
def test_the_books_balance_after_every_step(database_url, seed):
    simulate(database_url, seed, steps=60)


def test_five_years_go_by(database_url):
    """Renewals, leap days, gifts, members, rules and faults, and nothing is lost on the way."""
    simulate(database_url, seed=11, steps=50, years=5)


OF_SUBSCRIPTIONS = {
    "subscribe", "subscribe_later", "migrate", "book", "change_plan", "extend", "cancel",
    "cancel_now", "reactivate", "reschedule", "suspend", "restart", "invite", "answer", "give",
    "redeem", "prolong", "rule", "mend", "use",
}  # fmt: skip
RARELY = 4
"""So many may be missed by one life: chance must not fail who adds another act."""


def test_a_busy_year_sees_what_can_happen_to_a_subscription(database_url):
    world, _ = simulate(database_url, seed=11, steps=14, years=1, acts=14)
    never = OF_SUBSCRIPTIONS - world.done.keys()
    assert len(never) <= RARELY, f"{sorted(never)} were never accepted: draw them more often"
