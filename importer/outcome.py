"""What an import did, as it is told at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

TOLD_AT_MOST = 50
"""Names listed one by one; beyond it only counted."""


class Told(NamedTuple):
    """Something left out, and why."""

    kind: str
    old_provider_id: str
    reason: str


@dataclass(slots=True)
class Listed:
    """Things left out: all counted, the first named."""

    count: int = 0
    first: list[Told] = field(default_factory=list)

    def add(self, told: Told) -> None:
        self.count += 1
        if len(self.first) < TOLD_AT_MOST:
            self.first.append(told)

    def lines(self) -> Iterator[str]:
        for told in self.first:
            yield f"  {told.kind} {told.old_provider_id}: {told.reason}"
        if self.count > len(self.first):
            yield f"  … and {self.count - len(self.first)} more"


@dataclass(slots=True)
class Outcome:
    """`created` by kind, `ran` by kind of due work; positions of the log before and after."""

    created: Counter[str] = field(default_factory=Counter)
    ran: Counter[str] = field(default_factory=Counter)
    refused: Listed = field(default_factory=Listed)
    later: Listed = field(default_factory=Listed)
    before: int = 0
    after: int = 0

    @property
    def changed(self) -> bool:
        return self.after != self.before

    def lines(self) -> Iterator[str]:
        """For a person to read."""
        if self.changed:
            yield "created: " + _counted(self.created)
            yield "fell due: " + _counted(self.ran)
            yield f"events: {self.after - self.before}, the log ends at position {self.after}"
        else:
            yield f"Nothing was left to do: the log stands at position {self.after} as before."
        if self.later.count:
            yield f"{self.later.count} begin after the end of the import and have no subscription:"
            yield from self.later.lines()
        if self.refused.count:
            yield f"{self.refused.count} were refused:"
            yield from self.refused.lines()


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counter.items())) or "nothing"


class Watch(Protocol):
    """Whoever shows how far the import is."""

    def stage(self, name: str, total: int | None) -> None:
        """A new part of the work begins, of so many steps where that is known."""

    def moved(self, steps: int) -> None:
        """So many steps were done."""

    def moment(self, at: datetime) -> None:
        """The account's clock shows this."""
