"""Payments: read, and settled by a person where no gateway can tell what became of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from api.fields import Body, Required
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, of
from domain.commands.resuming import resolve_payment
from projections.payments import PAYMENTS

if TYPE_CHECKING:
    from api.call import Call


class Resolution(Body):
    """`reason` says how it was found out: it stands in the log."""

    outcome: Literal["succeeded", "failed"]
    reason: Required


def resolve(call: Call, body: Resolution) -> Written:
    done = resolve_payment(call.books, call.account, call.ref, body.outcome, body.reason, call.act)
    return of(done)


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
)
