"""A part of something made of several amounts, taken from each in proportion, every cent kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def shares(part: int, amounts: Sequence[int]) -> list[int]:
    """`part` of the sum of `amounts`, split over them by largest remainder, ties to the earlier.

    `part` lies between 0 and the sum. An amount may be negative (a line that credits): its share
    is too, and no share ever exceeds its amount. The whole part gives the amounts themselves; a
    negative sum mirrors the positive one.
    """
    whole = sum(amounts)
    if part == whole:
        return list(amounts)
    if whole < 0:
        return [-share for share in shares(-part, [-amount for amount in amounts])]
    if not 0 <= part < whole:
        raise ValueError(f"{part} is not a part of {whole}")
    return apportion(part, amounts, part, whole)


def apportion(total: int, amounts: Sequence[int], part: int, whole: int) -> list[int]:
    """`total` split over `amounts`, of each `amount * part / whole` by largest remainder, ties to
    the earlier; `0 <= part <= whole`, and `whole` is not 0.

    The amounts may add up to nothing, or to less: no share exceeds its amount all the same. Raises
    ValueError where `total` is not what they come to, rounded up or down.
    """
    taken = [amount * part // whole for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda at: -(amounts[at] * part % whole))
    missing = total - sum(taken)
    if not 0 <= missing <= sum(1 for amount in amounts if amount * part % whole):
        raise ValueError(f"{total} is not {part}/{whole} of {sum(amounts)}")
    for at in by_remainder[:missing]:
        taken[at] += 1
    return taken
