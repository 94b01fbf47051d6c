"""What a check of an account's data has to say."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """Something that is not as it should be; `position` is where in the log, if at one place."""

    check: str
    position: int | None
    detail: str

    def __str__(self) -> str:
        where = "" if self.position is None else f" at event {self.position}"
        return f"{self.check}{where}: {self.detail}"
