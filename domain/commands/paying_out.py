"""Refunds to cards: the gateway asked for what was recorded, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.commands.act import Done
from domain.commands.charging import told
from domain.commands.collecting import balance_of
from domain.commands.earning import put_back
from domain.invoicing.invoice import Invoice
from domain.payments.gateway import Approved, Declined, Outcome, Repayment, Unanswered
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.errors import Conflict
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date
from domain.shared.recording import NO_CONDITIONS, Conditions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.shared.aggregate import Aggregate
    from domain.shared.recording import Recorded


def pay_out(
    books: Books, gateways: Gateways, account: Account, refunds: Sequence[Refund], act: Act
) -> list[tuple[Recorded | None, Outcome]]:
    """Ask the gateways for what was recorded; one without an answer stays pending."""
    outcomes = []
    for refund in refunds:
        if refund.status == "pending":
            gateway = gateways.get(refund.gateway or "")
            asked = repayment_of(books, refund)
            outcome = Unanswered() if gateway is None else gateway.repay(asked)
            recorded = settle_refund(books, account, refund.ref, outcome, act)
            outcomes.append((recorded, outcome))
    return outcomes


def paid_out(
    books: Books, gateways: Gateways, account: Account, refunds: Sequence[Refund], act: Act,
    recorded: Recorded,
) -> tuple[Done, Outcome | None]:  # fmt: skip
    """As `pay_out`, told as one: of all refunds of a request, the last of which answers it."""
    first, *others = [refund.ref for refund in refunds]
    asked = pay_out(books, gateways, account, refunds, act)
    last = next((each for each, _ in reversed(asked) if each is not None), recorded)
    outcome = together([each for _, each in asked]) if asked else None
    return Done(first, last, tuple(others)), outcome


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """Of several refunds: unanswered while one of them is; declined only where all of them are."""
    for kind in (Unanswered, Approved):
        found = next((each for each in outcomes if isinstance(each, kind)), None)
        if found is not None:
            return found
    return outcomes[-1]


def repayment_of(books: Books, refund: Refund) -> Repayment:
    payment = books.load(Payment, refund.payment_id or "")
    return Repayment(
        refund.ref,
        payment.ref,
        refund.amount,
        refund.currency,
        payment.gateway_reference or "",
        whole=refund.amount == payment.amount,
    )


def settle_refund(
    books: Books, account: Account, ref: str, outcome: Outcome, act: Act, *, looked_up: bool = False
) -> Recorded | None:
    """Saves what became of a refund with all it causes: once, by version, loaded afresh. Only what
    was `looked_up` tells that money paid out came back: the answer to the asking is older."""
    while True:
        refund = books.load(Refund, ref)
        answered = looked_up and refund.status != "pending"
        changed = _following(books, account, refund, outcome, looked_up=looked_up)
        given = NO_CONDITIONS if answered else _completing(books, refund, outcome)
        if not changed and given is NO_CONDITIONS:
            return None
        try:
            return books.record(*changed, by=act.by, given=given)
        except Conflict as lost:
            if lost.code != "concurrent_change":
                raise


def _following(
    books: Books, account: Account, refund: Refund, outcome: Outcome, *, looked_up: bool
) -> list[Aggregate]:
    at = books.now()
    if isinstance(outcome, Approved):
        refund.succeed(outcome.reference, at)
        return [refund] if refund.pending_events else []
    if not isinstance(outcome, Declined):
        return []
    if not refund.fail(outcome.code, outcome.detail, at, came_back=looked_up):
        return []
    on = accounting_date(at, account.timezone)
    if refund.falls_to == "invoice":
        invoice = books.load(Invoice, refund.invoice_id or "")
        lines = put_back(invoice, refund.ref, on)
        invoice.reverse_refund(
            refund.ref, refund.amount, refund.payment_id, at=at, on=on, lines=lines
        )
        return [refund, invoice]
    balance = balance_of(books, refund.customer_id, refund.currency)
    balance.credit(
        typed_id("bal", books.new_id()), refund.amount, "refund_failed",
        f"Refund {refund.ref} could not be paid to the card",
        at=at, on=on, invoice_id=refund.invoice_id,
    )  # fmt: skip
    return [refund, balance]


def _completing(books: Books, refund: Refund, outcome: Outcome) -> Conditions:
    """Answers the key of the request that asked for it; kept if it was answered before."""
    if refund.request_key is None:
        return NO_CONDITIONS
    others = books.load_many(Refund, refund.beside).values() if refund.beside else ()
    whole = together([*(_OUTCOMES[each.status] for each in others), outcome])
    answer: dict[str, Any] = {"id": refund.request_ref or refund.ref, **told(whole)}
    if refund.beside:
        answer["refunds"] = [*refund.beside, refund.ref]
    return Conditions(completes_key=(refund.request_key, answer))


_OUTCOMES: dict[str, Outcome] = {
    "pending": Unanswered(),
    "succeeded": Approved(""),
    "failed": Declined("refund_declined", "The card takes no money."),
}
"""What became of another refund of the same request, as far as the whole is told by it."""
