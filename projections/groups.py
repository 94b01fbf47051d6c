"""The one table of views: which are projected together."""

from __future__ import annotations

from domain.invoicing.invoice import Invoice
from projections import (
    accounts,
    addresses,
    api_keys,
    balances,
    collaborators,
    coupons,
    credit_notes,
    customers,
    disputes,
    invoices,
    memberships,
    ordered_exports,
    organizations,
    payment_methods,
    payments,
    phases,
    plans,
    products,
    refunds,
    seats,
    subscriptions,
)
from projections.accounting import ACCOUNTING_VIEW
from projections.group import Group

RESOURCES = Group(
    "resources",
    (
        accounts.VIEW,
        collaborators.VIEW,
        api_keys.VIEW,
        products.VIEW,
        plans.VIEW,
        coupons.VIEW,
        organizations.VIEW,
        customers.VIEW,
        addresses.VIEW,
        payment_methods.VIEW,
        subscriptions.VIEW,
        phases.VIEW,
        memberships.VIEW,
        seats.VIEW,
        invoices.VIEW,
        payments.VIEW,
        refunds.VIEW,
        credit_notes.VIEW,
        disputes.VIEW,
        balances.VIEW,
        balances.TRANSACTIONS_VIEW,
        ordered_exports.VIEW,
    ),
    blind=frozenset({Invoice.Issued.TOPIC}),
    shown_by_writers=True,
)
ACCOUNTING = Group("accounting", (ACCOUNTING_VIEW,))
GROUPS: tuple[Group, ...] = (RESOURCES, ACCOUNTING)
BY_NAME = {group.name: group for group in GROUPS}
