"""Refunds and credit notes: money that goes back, and the documents that take an invoice back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api import views
from api.fields import Amount, Body, Ref, Required, Says, Text, absent
from api.resource_routes import BASE, reads, write
from api.route import Key, Route, Write
from api.writing import Written, of, paid
from domain.commands import crediting, recovering
from domain.invoicing.credit_note import Allocation
from domain.shared.errors import FieldError, Invalid
from projections.credit_notes import CREDIT_NOTES
from projections.invoice_resource import INVOICES
from projections.payments import PAYMENTS
from projections.refunds import REFUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from api.call import Call
    from projections.resource import Resource

Policy = Literal["proportional", "unearned_first"]
Destination = Literal["card", "balance", "offline"]


class RefundCreation(Body):
    """`amount` is gross; all that can go there where none is named."""

    amount: Amount | None = None
    to: Destination = absent()
    reason: Required
    policy: Policy = absent()
    override_gift: bool = absent()


class CreditedLine(Body):
    """`amount` is net: the tax that goes with it is worked out."""

    line_id: Ref
    amount: Amount


class CreditAllocation(Body):
    to: Literal["receivable", "card", "balance", "offline"]
    amount: Amount


def _some(allocations: list[CreditAllocation]) -> list[CreditAllocation]:
    if not allocations:
        raise PydanticCustomError("allocations_mismatch", "they add up to nothing")
    return allocations


class CreditNoteCreation(Body):
    """Either an `amount`, gross, or single `lines`. Without `allocations` it comes off what is
    owed first, the rest goes to the customer's balance."""

    amount: Amount | None = None
    lines: Annotated[list[CreditedLine], Field(min_length=1, max_length=200)] | None = None
    reason: Required
    allocations: Annotated[
        list[CreditAllocation], Field(max_length=20), AfterValidator(_some), Says(minItems=1)
    ] = absent()
    policy: Policy = absent()
    override_gift: bool = absent()


class Withdrawal(Body):
    reason: Text | None = None


class RecoveryCreation(Body):
    """All that was written off and has not come back where no amount is named."""

    amount: Amount | None = None
    reference: Required
    category: Literal["check", "wire", "transfer", "cash", "external"]


def refund(call: Call, body: RefundCreation) -> Written:
    asked, gateways = crediting.RefundOf(**body.sent()), call.gateways
    result = crediting.refund_invoice(
        call.books, gateways, call.account, _invoice(call), asked, call.act
    )
    return paid(result)


def credit(call: Call, body: CreditNoteCreation) -> Written:
    sent = body.sent()
    wrong = tuple(_inconsistent(body, sent))
    if wrong:
        raise Invalid(wrong)
    if sent.get("lines"):
        sent["lines"] = {each["line_id"]: each["amount"] for each in sent["lines"]}
    sent["allocations"] = [Allocation(**each) for each in sent.get("allocations", [])]
    new, gateways = crediting.NewNote(**sent), call.gateways
    return of(crediting.create_credit_note(
        call.books, gateways, call.account, _invoice(call), new, call.act
    ))  # fmt: skip


def _inconsistent(body: CreditNoteCreation, sent: Mapping[str, Any]) -> Iterator[FieldError]:
    if (body.amount is None) == (body.lines is None):
        yield FieldError("amount", "amount_or_lines", "either an amount or lines")
    yield from _twice("lines", "line_id", sent.get("lines") or [])
    yield from _twice("allocations", "to", sent.get("allocations") or [])


def _twice(field: str, key: str, items: Sequence[Mapping[str, Any]]) -> Iterator[FieldError]:
    named = [each[key] for each in items]
    for at, value in enumerate(named):
        if value in named[:at]:
            yield FieldError(f"{field}[{at}].{key}", "duplicate", "each once")


def recover(call: Call, body: RecoveryCreation) -> Written:
    new = recovering.Recovery(**body.sent())
    return of(recovering.recover(call.books, call.account, _invoice(call), new, call.act))


def void(call: Call, _: Withdrawal) -> Written:
    return of(crediting.void_credit_note(call.books, call.account, call.ref, call.act))


def _invoice(call: Call) -> str:
    views.require_ref(INVOICES, call.ref)
    return call.ref


def _of_invoice(
    verb: str,
    handler: Callable[..., Any],
    kind: Resource[Any],
    body: type[Body],
    summary: str,
    **rest: Any,
) -> Write:
    """What moves an invoice's money and answers with what came of it."""
    return Write(
        method="POST", path=f"{BASE}/invoices/{{id}}/{verb}", handler=handler, kind=kind,
        rule="money:write", key=Key.REQUIRED, body=body, summary=summary, **rest,
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    *reads(REFUNDS),
    *reads(CREDIT_NOTES),
    _of_invoice(
        "refund", refund, REFUNDS, RefundCreation, "Give back what was paid", pays=True
    ),
    _of_invoice(
        "credit_notes", credit, CREDIT_NOTES, CreditNoteCreation,
        "Take part of an invoice back by a credit note", status=201,
    ),
    _of_invoice(
        "recoveries", recover, PAYMENTS, RecoveryCreation,
        "Record money that came for an uncollectible invoice", status=201,
    ),
    write(
        CREDIT_NOTES, "POST", "/{id}/void", void, "Void a credit note: what it took off is owed",
        Withdrawal, rule="write_offs:write",
    ),
)  # fmt: skip
