"""Reads one answer in one round trip: a statement, and what the group shows in its snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from domain.shared.errors import NotFound
from projections.reading import SHOWN, SHOWN_AND_STEERED
from projections.ways import FREE
from store.exchange import Asked, in_one_snapshot

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from projections.group import Group
    from projections.ways import Way
    from store.connections import Connections
    from store.exchange import Rows

_generations: dict[tuple[UUID, str], int] = {}
"""Where an account's rows were last found, if not in the first generation. What is read says
whether they still are there: it is a guess, and a wrong one is asked again.
"""

_MOST_KEPT = 20_000


def guessed(account_id: UUID, group: str) -> int:
    """The generation in which a group's rows are probably found."""
    return _generations.get((account_id, group), 1)


class AsShown(NamedTuple):
    generation: int
    position: int
    head: int
    livemode: bool
    now: datetime
    stopped: bool


class Besides(Protocol):
    """What has to be asked first, once, in the first statement's snapshot: `hear` may refuse."""

    @property
    def heard(self) -> bool: ...

    @property
    def asked(self) -> Asked: ...

    def hear(self, rows: Rows) -> None: ...


class Glance:
    """Each statement is answered as of an instant of its own: what an answer shows has to come from
    one. `shown` is what the group showed at the last one's.
    """

    def __init__(
        self,
        connections: Connections,
        account_id: UUID,
        group: Group,
        besides: Besides | None = None,
    ) -> None:
        self.account_id = account_id
        self._connections = connections
        self._group = group.name
        self._besides = besides
        self._shown: AsShown | None = None

    @property
    def shown(self) -> AsShown:
        if self._shown is None:
            raise LookupError("nothing was asked yet")
        return self._shown

    @property
    def livemode(self) -> bool:
        return self.shown.livemode

    def select(self, statement: str, bound: dict[str, Any]) -> Rows:
        """Rows of a statement that may name %(account)s and %(generation)s besides `bound`.

        Raises NotFound for an account that was never opened.
        """
        return self._select(FREE, statement, bound)

    def steered(self, way: Way, statement: str, bound: dict[str, Any]) -> Rows:
        """The same, planned so."""
        return self._select(way, statement, bound)

    def _select(self, way: Way, statement: str, bound: dict[str, Any]) -> Rows:
        place = self.account_id, self._group
        guess = guessed(*place)
        scope = {"account": self.account_id, "generation": guess}
        asked = [self._asked_shown(way), Asked(statement, {**bound, **scope})]
        besides = None if self._besides is None or self._besides.heard else self._besides
        if besides is not None:
            asked.insert(0, besides.asked)
        with self._connections.connection() as connection:
            answers = in_one_snapshot(connection, asked)
        if besides is not None:
            besides.hear(answers[0])
        *_, found, rows = answers
        if not found:
            raise NotFound(detail="there is no such account")
        self._shown = AsShown._make(found[0][: len(AsShown._fields)])
        if self._shown.generation == guess:
            return rows
        if len(_generations) > _MOST_KEPT:
            _generations.clear()
        _generations[place] = self._shown.generation
        return self._select(way, statement, bound)

    def _asked_shown(self, way: Way) -> Asked:
        whose = {"account": self.account_id, "group": self._group}
        if way is FREE:
            return Asked(SHOWN, whose)
        return Asked(SHOWN_AND_STEERED, {**whose, **way})
