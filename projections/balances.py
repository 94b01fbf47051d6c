"""Customers' credit with us: a row for each balance, and one for each of its transactions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.payments.balance import Balance
from projections.balance_descriptions import DESCRIPTION, said
from projections.conditions import Field
from projections.exports import Export, instant, money, text, word
from projections.lists import Listing
from projections.rendering import common
from projections.resource import Beside, Resource
from projections.table import Table
from projections.view import ResourceView
from store.kin import Kin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.envelope import Envelope
    from projections.table import Rows, Work


@dataclass(slots=True)
class BalanceRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    customer_id: str
    currency: str
    amount: int


@dataclass(slots=True)
class TransactionRow:
    """`amount` is signed: what the transaction did to the balance."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    balance_id: str
    customer_id: str
    type: str
    amount: int
    currency: str
    ending_balance: int
    invoice_id: str | None
    payment_id: str | None
    description: str


def _created(envelope: Envelope) -> BalanceRow:
    told: Balance.Created = envelope.event
    return BalanceRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        customer_id=told.customer_id,
        currency=told.currency,
        amount=0,
    )


def _moved(row: BalanceRow, envelope: Envelope) -> None:
    row.amount = envelope.event.ending_balance


def _transaction(balance: BalanceRow, envelope: Envelope) -> TransactionRow:
    told = envelope.event
    kind, sign = TYPES[type(told)]
    return TransactionRow(
        id=told.transaction_id,
        version=1,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        balance_id=balance.id,
        customer_id=balance.customer_id,
        type=kind,
        amount=sign * told.amount,
        currency=balance.currency,
        ending_balance=told.ending_balance,
        invoice_id=getattr(told, "invoice_id", None),
        payment_id=getattr(told, "payment_id", None),
        description=told.description,
    )


TYPES: dict[type[Any], tuple[str, int]] = {
    Balance.Credited: ("credit", 1),
    Balance.Adjusted: ("adjustment", 1),
    Balance.Applied: ("application", -1),
    Balance.PaidBack: ("refund", -1),
    Balance.Disputed: ("dispute", -1),
}
"""Each event that moves a balance: the transaction's type, and the sign of its amount."""

TABLE = Table("balances", BalanceRow)
TRANSACTIONS = Table("balance_transactions", TransactionRow)

THAT_SETTLES = Kin(
    Balance,
    """SELECT uuid_of(b.id)
         FROM projection_live l
         JOIN invoices i ON i.account_id = l.account_id AND i.generation = l.generation
         JOIN balances b ON b.account_id = l.account_id AND b.generation = l.generation
          AND b.customer_id = i.customer_id AND b.currency = i.currency
        WHERE l.account_id = %(account)b AND l.group_name = 'resources' AND i.id = %(of)b""",
)
"""The balance that goes with an invoice: its customer's, in its currency, as the views show it."""


class TransactionsView:
    """A transaction is one event of a balance's stream; it never changes."""

    name = "balance_transactions"
    table = TRANSACTIONS
    tables = (TRANSACTIONS,)
    aggregate = Balance
    topics = frozenset(kind.TOPIC for kind in TYPES)

    def fold(self, work: Work, events: Sequence[Envelope]) -> None:
        # The balances' own view comes before this one in the group: every row is there.
        owners = TABLE.load(work, {envelope.subject for envelope in events})
        TRANSACTIONS.insert(
            work, (_transaction(owners[envelope.subject], envelope) for envelope in events)
        )


def ids_of_customer(rows: Rows, customer_id: str) -> list[str]:
    return [balance.id for balance in TABLE.load_by(rows, "customer_id", [customer_id])]


def render_transaction(
    row: TransactionRow, description: str | None, *, livemode: bool
) -> dict[str, Any]:
    return {
        **common("balance_transaction", row, livemode=livemode),
        "customer_id": row.customer_id,
        "type": row.type,
        "amount": row.amount,
        "currency": row.currency,
        "ending_balance": row.ending_balance,
        "invoice_id": row.invoice_id,
        "payment_id": row.payment_id,
        "description": description or row.description,
    }


VIEW = ResourceView(
    TABLE,
    Balance,
    created={Balance.Created: _created},
    changed=dict.fromkeys(TYPES, _moved),
)
TRANSACTIONS_VIEW = TransactionsView()
BALANCE_TRANSACTIONS: Resource[TransactionRow] = Resource(
    "balance_transaction",
    TRANSACTIONS_VIEW,
    Listing(
        TRANSACTIONS,
        joins="""LEFT JOIN customers c ON c.account_id = t.account_id
            AND c.generation = t.generation AND c.id = t.customer_id""",
        search=("t.id", "c.email", DESCRIPTION),
        more=[Field("description", DESCRIPTION, "text")],
        hidden=frozenset({"balance_id"}),
        found_by=frozenset({"customer_id"}),
    ),
    render_transaction,
    related=said,
    beside=Beside(DESCRIPTION, str),
    expands={"customer": "customers", "invoice": "invoices", "payment": "payments"},
    streams=lambda rows, ref: [row.balance_id for row in TRANSACTIONS.load(rows, [ref]).values()],
    export=Export(
        word("id", "t.id"),
        word("customer.id", "t.customer_id"),
        text("customer.email", "c.email"),
        word("type", "t.type"),
        money("amount", "t.amount"),
        word("currency", "t.currency"),
        money("ending_balance", "t.ending_balance"),
        word("invoice.id", "t.invoice_id"),
        word("payment.id", "t.payment_id"),
        text("description", DESCRIPTION),
        instant("created_at", "t.created_at"),
    ),
    part_prefix="bal",
)
