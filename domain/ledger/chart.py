"""The chart of accounts: each account's normal side and the general-ledger code it starts with."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Account(StrEnum):
    CASH_ONLINE = "cash_online"
    CASH_OFFLINE = "cash_offline"
    ACCOUNTS_RECEIVABLE = "accounts_receivable"
    CUSTOMER_BALANCE = "customer_balance"
    UNAPPLIED_PAYMENTS = "unapplied_payments"
    TAX_PAYABLE = "tax_payable"
    DEFERRED_REVENUE = "deferred_revenue"
    MIGRATION_CLEARING = "migration_clearing"
    RECOGNIZED_REVENUE = "recognized_revenue"
    REFUNDS = "refunds"
    CREDIT_NOTES = "credit_notes"
    VOIDS = "voids"
    GOODWILL_CREDITS = "goodwill_credits"
    BAD_DEBT = "bad_debt"
    DISPUTE_LOSSES = "dispute_losses"
    RECOVERIES = "recoveries"
    BALANCE_WRITE_OFFS = "balance_write_offs"


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


DEBIT_NORMAL = frozenset(
    {
        Account.CASH_ONLINE,
        Account.CASH_OFFLINE,
        Account.ACCOUNTS_RECEIVABLE,
        Account.REFUNDS,
        Account.CREDIT_NOTES,
        Account.VOIDS,
        Account.GOODWILL_CREDITS,
        Account.BAD_DEBT,
        Account.DISPUTE_LOSSES,
    }
)

DEFAULT_GL_CODES: dict[Account, str] = {
    Account.CASH_ONLINE: "1010",
    Account.CASH_OFFLINE: "1020",
    Account.ACCOUNTS_RECEIVABLE: "1200",
    Account.CUSTOMER_BALANCE: "2100",
    Account.UNAPPLIED_PAYMENTS: "2110",
    Account.TAX_PAYABLE: "2200",
    Account.DEFERRED_REVENUE: "2400",
    Account.MIGRATION_CLEARING: "3900",
    Account.RECOGNIZED_REVENUE: "4000",
    Account.REFUNDS: "4910",
    Account.CREDIT_NOTES: "4920",
    Account.VOIDS: "4930",
    Account.GOODWILL_CREDITS: "4940",
    Account.BAD_DEBT: "6100",
    Account.DISPUTE_LOSSES: "6200",
    Account.RECOVERIES: "7100",
    Account.BALANCE_WRITE_OFFS: "7200",
}


def gl_codes_with(own: Mapping[str, str]) -> dict[str, str]:
    """By account name: an account's own codes, the chart's for the rest.

    The chart's are part of past reports: a release adds to them and changes none.
    """
    return {
        account.value: own.get(account.value, code) for account, code in DEFAULT_GL_CODES.items()
    }


def normal_side(account: Account) -> Side:
    """The side on which the account's balance usually stands."""
    return Side.DEBIT if account in DEBIT_NORMAL else Side.CREDIT
