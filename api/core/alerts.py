"""What is wrong with the account right now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.query import allow
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Listed
from projections.alerts import alerts
from projections.groups import RESOURCES
from projections.reading import reading

if TYPE_CHECKING:
    from api.call import Call

FILTERS = ("kind", "severity", "subject")


def listing(call: Call) -> Listed:
    """All of them: what waits for a person is no long list."""
    allow(call.query, *FILTERS)
    with reading(call.services.connections, call.account_id, RESOURCES) as now:
        return Listed(alerts(now, call.query), None, now.position, now.head)


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/alerts",
        handler=listing,
        kind="alert",
        rule="alerts:read",
        shape=Shape.LIST,
        parameters=FILTERS,
        summary="What is wrong right now and waits for a person",
    ),
)
