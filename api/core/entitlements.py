"""What a customer may use, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import views
from api.query import allow
from api.reading import instant
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Listed
from projections import entitlements
from projections.customers import CUSTOMERS
from projections.groups import RESOURCES
from projections.reading import reading

if TYPE_CHECKING:
    from api.call import Call


def held(call: Call) -> Listed:
    """`?entitlement=` asks for one; `?as_of=` an instant. Raises NotFound."""
    allow(call.query, "as_of", "entitlement")
    views.require_ref(CUSTOMERS, call.ref)
    as_of, name = call.query.get("as_of"), call.query.get("entitlement")
    at = None if as_of is None else instant(call, "as_of", as_of)
    if at is None:
        glance = call.glance()
        found = entitlements.now(glance, call.ref)
        position, head = glance.shown.position, glance.shown.head
    else:
        with reading(call.services.connections, call.account_id, RESOURCES) as then:
            found = entitlements.as_of(then, call.ref, at)
            position, head = then.position, then.head
    data = [each for each in found if name in {None, each["entitlement"]}]
    return Listed(data, None, position, head)


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET", path=f"{BASE}/customers/{{id}}/entitlements", handler=held,
        kind="entitlement", rule="customers:read", shape=Shape.LIST,
        parameters=("as_of", "entitlement"), summary="What a customer may use, and why",
    ),
)  # fmt: skip
