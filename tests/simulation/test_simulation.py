"""A short simulated life in every run of the suite; `make simulate SEED=n` runs long ones."""

import pytest

from tests.simulation.run import simulate


@pytest.mark.parametrize("seed", [1, 7])
def test_the_books_balance_after_every_step(database_url, seed):
    simulate(database_url, seed, steps=60)


def test_five_years_go_by(database_url):
    """Renewals, leap days, gifts, members, rules and faults, and nothing is lost on the way."""
    simulate(database_url, seed=11, steps=50, years=5)
