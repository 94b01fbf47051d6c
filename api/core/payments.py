"""Payments: read, and settled by a person where no gateway can tell what became of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from api.auth import may
from api.fields import Body, Required
from api.reading import item
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, action_of, of
from domain.commands.confirming import asked_of
from domain.commands.resuming import resolve_payment
from domain.payments.gateway import ActionRequired
from domain.payments.payment import Status
from projections.payments import PAYMENTS

if TYPE_CHECKING:
    from api.call import Call
    from api.views import Found


class Resolution(Body):
    """`reason` says how it was found out: it stands in the log."""

    outcome: Literal["succeeded", "failed"]
    reason: Required


def resolve(call: Call, body: Resolution) -> Written:
    done = resolve_payment(call.books, call.account, call.ref, body.outcome, body.reason, call.act)
    return of(done)


_shown = item(PAYMENTS)


def show(call: Call) -> Found:
    """While it waits to be confirmed, what the customer needs for that, as the gateway tells it: to
    those who may move money, and never of the past."""
    found = _shown(call)
    waits = found.resource["status"] == Status.REQUIRES_ACTION and "as_of" not in call.query
    if not waits or not may(call.caller, "money:write"):
        return found
    asked = asked_of(call.books, call.gateways, call.ref)
    if not isinstance(asked, ActionRequired):
        return found
    return found._replace(resource={**found.resource, "next_action": action_of(asked)})


ROUTES: tuple[Route, ...] = reads(
    PAYMENTS,
    write(
        PAYMENTS,
        "POST",
        "/{id}/resolve",
        resolve,
        "Settle a payment whose outcome is unknown",
        Resolution,
        rule="money:write",
    ),
    one=show,
)
