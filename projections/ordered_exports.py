"""Exports that were ordered, and what came of them; progress and link are added by the edge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.exporting.export import Export, Status
from projections.lists import Listing
from projections.rendering import common, instant, read, stored_map
from projections.resource import Resource
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class ExportRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    format: str
    filters: Json
    status: str
    position: int | None
    size_bytes: int | None
    expires_at: datetime | None
    failure_code: str | None
    failure_detail: str | None


def _created(envelope: Envelope) -> ExportRow:
    told: Export.Created = envelope.event
    return ExportRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        name=told.name,
        format=told.format,
        filters=stored_map(told.filters),
        status=Status.PENDING.value,
        position=None,
        size_bytes=None,
        expires_at=None,
        failure_code=None,
        failure_detail=None,
    )


def _started(row: ExportRow, _: Envelope) -> None:
    row.status = Status.RUNNING.value


def _completed(row: ExportRow, envelope: Envelope) -> None:
    told: Export.Completed = envelope.event
    row.status = Status.SUCCEEDED.value
    row.position = told.position
    row.size_bytes = told.size_bytes
    row.expires_at = told.expires_at


def _failed(row: ExportRow, envelope: Envelope) -> None:
    told: Export.Failed = envelope.event
    row.status = Status.FAILED.value
    row.failure_code = told.code
    row.failure_detail = told.detail


def render(row: ExportRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("export", row, livemode=livemode),
        "name": row.name,
        "format": row.format,
        "filters": read(row.filters),
        "status": row.status,
        "progress": 100 if row.status == Status.SUCCEEDED.value else 0,
        "position": row.position,
        "size_bytes": row.size_bytes,
        "url": None,
        "expires_at": instant(row.expires_at),
        "failure_code": row.failure_code,
        "failure_detail": row.failure_detail,
    }


TABLE = Table("exports", ExportRow)
VIEW = ResourceView(
    TABLE,
    Export,
    created={Export.Created: _created},
    changed={
        Export.Started: _started,
        Export.Completed: _completed,
        Export.Failed: _failed,
    },
)
EXPORTS: Resource[ExportRow] = Resource(
    "export", VIEW, Listing(TABLE, search=("t.id", "t.name")), render
)
