"""What each line bears of an amount that is taken back: of what is unearned, earned, taxed and
income of a won dispute.

An amount lies between nothing and all that remains. Its tax is rounded once, on all of it; then
the rest is parted between the other kinds, and each of them between the lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.ledger.shares import apportion, shares
from domain.shared.money import round_half_away

if TYPE_CHECKING:
    from collections.abc import Sequence

Remains = tuple[int, int, int, int]
"""Unearned, earned and tax of a line that nothing has taken back yet, and what was forgone in a
dispute that was won."""
_TAX = 2


def taken_of(amount: int, remains: Sequence[Remains], policy: str) -> list[Remains]:
    """By the policy's name. Raises ValueError for an amount that is not there."""
    whole = sum(map(sum, remains))
    if not 0 <= amount <= max(whole, 0):
        raise ValueError(f"{amount} is not a part of {whole}")
    if amount == 0:
        return [(0, 0, 0, 0)] * len(remains)
    if amount == whole:
        return list(remains)
    return (_unearned_first if policy == "unearned_first" else _in_proportion)(amount, remains)


def _in_proportion(amount: int, remains: Sequence[Remains]) -> list[Remains]:
    """Of everything the same share."""
    kinds, sums, whole, taxed = _kinds_of(amount, remains)
    net = sums[:_TAX] + sums[_TAX + 1 :]
    unearned, earned, forgone = apportion(amount - taxed, net, amount, whole)
    parts = unearned, earned, taxed, forgone
    taken = (apportion(part, kind, amount, whole) for part, kind in zip(parts, kinds, strict=True))
    return list(zip(*taken, strict=True))


def _unearned_first(amount: int, remains: Sequence[Remains]) -> list[Remains]:
    """Tax in proportion; the rest out of what is unearned as far as that goes, then of the rest.

    What is unearned may be less than nothing (a line that credits): then it gives nothing.
    """
    kinds, (unearned, earned, _, forgone), whole, taxed = _kinds_of(amount, remains)
    net = amount - taxed
    first = max(min(net, max(unearned, 0)), min(unearned, 0))
    of_earned, of_forgone = _of_kind(net - first, (earned, forgone))
    taken = (
        _of_kind(first, kinds[0]),
        _of_kind(of_earned, kinds[1]),
        apportion(taxed, kinds[_TAX], amount, whole),
        _of_kind(of_forgone, kinds[3]),
    )
    return list(zip(*taken, strict=True))


def _kinds_of(
    amount: int, remains: Sequence[Remains]
) -> tuple[list[list[int]], list[int], int, int]:
    """The lines' amounts by kind, their sums, the sum of these, and how much tax is taken."""
    kinds = [list(kind) for kind in zip(*remains, strict=True)]
    sums = [sum(kind) for kind in kinds]
    whole = sum(sums)
    return kinds, sums, whole, round_half_away(amount * sums[_TAX], whole)


def _of_kind(part: int, amounts: Sequence[int]) -> list[int]:
    return shares(part, amounts) if part else [0] * len(amounts)


def part_of_line(net: int, tax: int, remains: Remains, policy: str) -> Remains:
    """How much of a line's net is unearned, earned and forgone; of each where they are of one
    sign."""
    unearned, earned, _, forgone = remains
    if policy != "unearned_first":
        first, second, last = shares(net, [unearned, earned, forgone])
        return first, second, tax, last
    first = min(net, max(unearned, 0)) if net > 0 else max(net, min(unearned, 0))
    if not forgone:
        return first, net - first, tax, 0
    second, last = _of_kind(net - first, (earned, forgone))
    return first, second, tax, last
