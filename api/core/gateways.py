"""The gateways an account is set up for, and where each sends its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.auth import may
from api.gateway_events import PATH, GatewayEvents
from api.query import allow
from api.resource_routes import BASE
from api.route import Read, Route, Shape, Signed
from api.rules import PUBLIC
from api.views import Listed

if TYPE_CHECKING:
    from api.call import Call
    from domain.payments.gateway import Gateway


def listing(call: Call) -> Listed:
    allow(call.query)
    position = call.books.head().position
    shown = [_shown(call, gateway) for _, gateway in sorted(call.gateways.items())]
    return Listed(shown, None, position, position)


def _shown(call: Call, gateway: Gateway) -> dict[str, Any]:
    """Secrets that an operator set up are never shown; the sandbox's own is for testers."""
    secret = None
    if gateway.name == "sandbox" and may(call.caller, "money:write"):
        secret = call.services.sandbox_secret(call.account_id)
    path = PATH.format(name=gateway.name)
    return {
        "object": "gateway",
        "name": gateway.name,
        "timeout_seconds": gateway.timeout_seconds,
        "events_url": f"{call.base}{path}?account={call.account.ref}",
        "signing_secret": secret,
    }


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/gateways",
        handler=listing,
        kind="gateway",
        rule="payment_methods:read",
        shape=Shape.LIST,
        summary="List the payment gateways that the account is set up for",
    ),
    Signed(
        method="POST",
        path=PATH,
        handler=GatewayEvents,
        kind="gateway_event",
        rule=PUBLIC,
        parameters=("account",),
        summary="Take an event that a gateway signed: no key is needed",
    ),
)
