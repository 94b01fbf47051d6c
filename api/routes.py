"""Every route of the service, in one table; who may use one, what it takes and what it answers
stands beside its handler.
"""

from __future__ import annotations

from api.core import (
    accounts,
    addresses,
    alerts,
    api_keys,
    balances,
    collaborators,
    credit_notes,
    customers,
    disputes,
    entitlements,
    exports,
    gateways,
    gifts,
    invoices,
    log,
    members,
    ordered_exports,
    organizations,
    papers,
    papers_zip,
    pay_links,
    payment_methods,
    payments,
    plans,
    products,
    renewals,
    reports,
    roles,
    subscriptions,
    test_clock,
)
from api.route import Route

_OTHERS: tuple[Route, ...] = (
    *accounts.ROUTES,
    *alerts.ROUTES,
    *collaborators.ROUTES,
    *api_keys.ROUTES,
    *products.ROUTES,
    *plans.ROUTES,
    *organizations.ROUTES,
    *customers.ROUTES,
    *entitlements.ROUTES,
    *addresses.ROUTES,
    *payment_methods.ROUTES,
    *subscriptions.ROUTES,
    *gifts.ROUTES,
    *members.ROUTES,
    *invoices.ROUTES,
    *papers.ROUTES,
    *pay_links.ROUTES,
    *papers_zip.ROUTES,
    *payments.ROUTES,
    *disputes.ROUTES,
    *gateways.ROUTES,
    *credit_notes.ROUTES,
    *balances.ROUTES,
    *test_clock.ROUTES,
    *log.ROUTES,
    *renewals.ROUTES,
    *reports.ROUTES,
    *exports.ROUTES,
    *ordered_exports.ROUTES,
)

ROUTES: tuple[Route, ...] = (*_OTHERS, *roles.routes(_OTHERS))
