"""Links to the pay page of an invoice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from api.fields import Body, absent
from api.pay import links, page
from api.resource_routes import BASE
from api.route import Route, Write
from api.views import Loaded
from api.writing import Written
from domain.invoicing.invoice import Invoice, Status
from domain.shared.errors import Conflict
from projections.rendering import instant

if TYPE_CHECKING:
    from typing import Any

    from api.call import Call

USUAL_DAYS = 30


class PayLinkCreation(Body):
    """Good for 30 days where nothing else is said."""

    expires_in_days: Annotated[int, Field(ge=1, le=365)] = absent()


def create(call: Call, body: PayLinkCreation) -> Written:
    """Whoever has the link sees the invoice and may pay it: nothing is recorded, and no event
    holds it."""
    invoice = call.books.load(Invoice, call.ref)
    if invoice.status is Status.DRAFT:
        raise Conflict("invoice_not_issued", "a draft is not owed yet")
    now = datetime.now(UTC).replace(microsecond=0)
    expires_at = now + timedelta(days=body.expires_in_days or USUAL_DAYS)
    link = links.Link(call.account_id, call.ref)
    with call.services.connections.connection() as connection:
        token = links.signed(connection, link, now, expires_at)
    url = f"{call.base}{page.PATH.format(token=token)}"
    return Written(call.ref, None).telling({"url": url, "expires_at": instant(expires_at)})


def _render(invoice: Any) -> dict[str, Any]:
    return {"invoice_id": invoice.ref}


def _unused(_: Any) -> Any:
    raise TypeError("a link is found by nobody but who has it")


PAY_LINK = Loaded("pay_link", Invoice, _unused, _render)

ROUTES: tuple[Route, ...] = (
    Write(
        method="POST",
        path=f"{BASE}/invoices/{{id}}/pay_link",
        handler=create,
        kind=PAY_LINK,
        rule="invoices:write",
        body=PayLinkCreation,
        status=201,
        summary="A signed link by which the invoice can be seen and paid",
    ),
)
