"""An export that was ordered: what it is of, and what came of it. The file itself is no fact."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from enum import StrEnum

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict
from domain.shared.facts import event


class Status(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Export(Aggregate):
    TOPIC = "export"
    prefix = "exp"

    class Created(Aggregate.Created):
        """`filters` are the parameters of the list or report, as text."""

        TOPIC = "export.created"
        name: str
        format: str
        filters: dict[str, str]

    def __init__(self, *, name: str, format: str, filters: dict[str, str]) -> None:  # noqa: A002
        self.name = name
        self.format = format
        self.filters = filters
        self.status = Status.PENDING

    class Started(Aggregate.Event):
        TOPIC = "export.started"

    def start(self) -> None:
        """Again where whoever had started it is gone."""
        if self.status is not Status.RUNNING:
            self._require_unended()
            self._started()

    @event(Started)
    def _started(self) -> None:
        self.status = Status.RUNNING

    class Completed(Aggregate.Event):
        """The rows are those shown at `position`; `expires_at` is by the wall clock."""

        TOPIC = "export.completed"
        position: int
        size_bytes: int
        expires_at: datetime

    def complete(self, *, position: int, size_bytes: int, expires_at: datetime) -> None:
        self._require_unended()
        self._completed(position=position, size_bytes=size_bytes, expires_at=expires_at)

    @event(Completed)
    def _completed(self) -> None:
        self.status = Status.SUCCEEDED

    class Failed(Aggregate.Event):
        TOPIC = "export.failed"
        code: str
        detail: str

    def fail(self, code: str, detail: str) -> None:
        self._require_unended()
        self._failed(code=code, detail=detail)

    @event(Failed)
    def _failed(self) -> None:
        self.status = Status.FAILED

    def _require_unended(self) -> None:
        if self.status in {Status.SUCCEEDED, Status.FAILED}:
            raise Conflict("export_ended", f"the export has {self.status.value}")
