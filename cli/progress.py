"""How far long work is, as a bar on the terminal; where there is none, nothing is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType


class Bar:
    """The `Watch` of an import: a bar for each stage, and the day its clock shows."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[day]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=None, visible=False, day="")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int | None) -> None:
        self._progress.stop_task(self._task)
        self._task = self._progress.add_task(name, total=total, day="")

    def moved(self, steps: int) -> None:
        self._progress.advance(self._task, steps)

    def moment(self, at: datetime) -> None:
        self._progress.update(self._task, day=f"{at:%Y-%m-%d}")
