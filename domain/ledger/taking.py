"""What each line bears of an amount that is taken back: of what is unearned, earned and taxed.

An amount lies between nothing and all that remains. Its tax is rounded once, on all of it; then
the rest is parted between the unearned and the earned, and each of the three between the lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.ledger.shares import apportion, shares
from domain.shared.money import round_half_away

if TYPE_CHECKING:
    from collections.abc import Sequence

Remains = tuple[int, int, int]
"""Unearned, earned and tax of a line that nothing has taken back yet."""


def taken_of(amount: int, remains: Sequence[Remains], policy: str) -> list[Remains]:
    """By the policy's name. Raises ValueError for an amount that is not there."""
    whole = sum(map(sum, remains))
    if not 0 <= amount <= max(whole, 0):
        raise ValueError(f"{amount} is not a part of {whole}")
    if amount == 0:
        return [(0, 0, 0)] * len(remains)
    if amount == whole:
        return list(remains)
    return (_unearned_first if policy == "unearned_first" else _in_proportion)(amount, remains)


def _in_proportion(amount: int, remains: Sequence[Remains]) -> list[Remains]:
    """Of everything the same share."""
    kinds = [[each[at] for each in remains] for at in range(3)]
    unearned, earned, tax = (sum(kind) for kind in kinds)
    whole = unearned + earned + tax
    taxed = round_half_away(amount * tax, whole)
    parts = *apportion(amount - taxed, (unearned, earned), amount, whole), taxed
    taken = (apportion(part, kind, amount, whole) for part, kind in zip(parts, kinds, strict=True))
    return list(zip(*taken, strict=True))


def _unearned_first(amount: int, remains: Sequence[Remains]) -> list[Remains]:
    """Tax in proportion; the rest out of what is unearned as far as that goes, then of the earned.

    What is unearned may be less than nothing (a line that credits): then it gives nothing.
    """
    kinds = [[each[at] for each in remains] for at in range(3)]
    unearned, earned, tax = (sum(kind) for kind in kinds)
    whole = unearned + earned + tax
    taxed = round_half_away(amount * tax, whole)
    net = amount - taxed
    first = max(min(net, max(unearned, 0)), min(unearned, 0))
    taken = (
        _of_kind(first, kinds[0]),
        _of_kind(net - first, kinds[1]),
        apportion(taxed, kinds[2], amount, whole),
    )
    return list(zip(*taken, strict=True))


def _of_kind(part: int, amounts: Sequence[int]) -> list[int]:
    return shares(part, amounts) if part else [0] * len(amounts)


def part_of_line(net: int, tax: int, remains: Remains, policy: str) -> Remains:
    """How much of a line's net is unearned and earned; of both kinds where they are of one sign."""
    unearned, earned, _ = remains
    if policy == "unearned_first":
        first = min(net, max(unearned, 0)) if net > 0 else max(net, min(unearned, 0))
        return first, net - first, tax
    return *split_net(net, unearned, earned), tax


def split_net(net: int, unearned: int, earned: int) -> tuple[int, int]:
    first, rest = shares(net, [unearned, earned])
    return first, rest
