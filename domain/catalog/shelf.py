"""How long something is on sale: archived and sold again at will, deleted once."""

from __future__ import annotations

from typing import ClassVar

from domain.shared.errors import Conflict, NotFound


class ShelfLife:
    """The rules of an aggregate that records `_archived`, `_unarchived` and `_deleted`.

    What is deleted is hidden: it is not found any more, though what was sold of it keeps its name.
    """

    TOPIC: ClassVar[str]
    ref: property
    archived: bool
    deleted: bool

    def _archived(self) -> None: ...

    def _unarchived(self) -> None: ...

    def _deleted(self) -> None: ...

    def archive(self) -> None:
        self.require_kept()
        if not self.archived:
            self._archived()

    def unarchive(self) -> None:
        self.require_kept()
        if self.archived:
            self._unarchived()

    def delete(self) -> None:
        self.require_kept()
        self._deleted()

    def require_kept(self) -> None:
        """Raises NotFound once it is deleted."""
        if self.deleted:
            raise NotFound(detail=f"there is no {self.TOPIC} {self.ref}")

    def require_sellable(self) -> None:
        """Raises Conflict `…_archived` or `…_deleted`."""
        for state in ("deleted", "archived"):
            if getattr(self, state):
                raise Conflict(f"{self.TOPIC}_{state}", f"{self.TOPIC} {self.ref} is {state}")
