"""How values of rows look in the API: instants, stored JSON, what every resource begins with."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import orjson

from projections.table import Json

if TYPE_CHECKING:
    from projections.view import ResourceRow

_OPTIONS = orjson.OPT_UTC_Z
EMPTY_OBJECT = Json(b"{}")
EMPTY_LIST = Json(b"[]")


def instant(value: datetime | None) -> str | None:
    """RFC 3339 in UTC, fractions of a second only where there are any."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def stored(value: Any) -> Json:
    """JSON as it is kept in a row: instants in UTC with Z, decimals as text."""
    return Json(orjson.dumps(value, default=_plain, option=_OPTIONS))


def stored_map(value: Any) -> Json:
    return stored(value) if value else EMPTY_OBJECT


def stored_list(value: Any) -> Json:
    return stored(value) if value else EMPTY_LIST


def read(value: Json | None) -> Any:
    return None if value is None else orjson.loads(value)


def common(kind: str, row: ResourceRow, *, livemode: bool) -> dict[str, Any]:
    """What every resource begins with."""
    return {
        "id": row.id,
        "object": kind,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "version": row.version,
        "livemode": livemode,
    }


def taken(changes: Any, row: Any, names: frozenset[str]) -> None:
    """Put the changed fields into the row; of those it has, metadata is kept as JSON."""
    for name, value in changes.items():
        if name == "metadata":
            row.metadata = stored_map(value)
        elif name in names:
            setattr(row, name, value)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"not JSON: {cast('Any', value)!r}")
