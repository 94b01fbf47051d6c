"""The routes of the log; `events` has what they answer."""

from __future__ import annotations

from api.core import events
from api.resource_routes import BASE
from api.route import Read, Route, Shape

ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/events",
        handler=events.listing,
        kind="event",
        rule="events:read",
        shape=Shape.LIST,
        summary="The log",
        parameters=(
            *("limit", "cursor", "sort", "expand", "subject", "type", "actor", "triggered_by"),
            *("request_id", "idempotency_key", "position", "position[gt]", "position[lt]"),
            *("recorded_at[gte]", "recorded_at[lt]", "created_at[gte]", "created_at[lt]"),
            *("time[gte]", "time[lt]"),
        ),
    ),
    Read(
        method="GET",
        path=f"{BASE}/events/{{id}}",
        handler=events.show,
        kind="event",
        rule="events:read",
        shape=Shape.ITEM,
        summary="One event",
    ),
)
