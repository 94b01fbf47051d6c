"""The account a key belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import views
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from domain.accounts.account import Account
from domain.shared.identifiers import typed_id
from projections.accounts import ACCOUNTS
from projections.groups import RESOURCES
from projections.reading import wait_for

if TYPE_CHECKING:
    from api.call import Call
    from api.views import Found


def show(call: Call) -> Found:
    """Its first events are not written over HTTP, so nothing else may have projected them."""
    wait_for(call.services.connections, call.account_id, RESOURCES)
    return views.one(call, ACCOUNTS, typed_id(Account.prefix, call.account_id))


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/account",
        handler=show,
        kind=ACCOUNTS,
        rule="account:read",
        shape=Shape.ITEM,
        summary="The key's account",
    ),
)
