"""Requests as one would send them, shown in the OpenAPI document; tests send every one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.core import (
    accounts,
    addresses,
    api_keys,
    balances,
    cancelling,
    collaborators,
    coupons,
    credit_notes,
    customers,
    gifts,
    invoice_bodies,
    members,
    ordered_exports,
    organizations,
    pay_links,
    payment_methods,
    payments,
    plans,
    products,
    subscriptions,
    test_clock,
)

if TYPE_CHECKING:
    from api.fields import Body

_PRODUCT = "prod_01m80my7zeeypta0a1x73t1twz"
_PLAN = "plan_01m80my806fepteetghafhcny4"
_CUSTOMER = "cus_01m80my80qec1rty7dq4nwh2c3"
_ORGANIZATION = "org_01m80my80b9x5t6w2q3r4s7v8z"
_CARD = "pm_01m80my817f6zb58b4f334a09s"

EXAMPLES: dict[type[Body], dict[str, Any]] = {
    accounts.AccountChange: {
        "legal_name": "The Paper Ltd", "days_until_due": 14, "dunning_days": [2, 5, 9],
        "gl_codes": {"deferred_revenue": "2410"},
    },
    collaborators.CollaboratorCreation: {
        "email": "grace@example.org", "role": "support", "name": "Grace Hopper",
    },
    collaborators.CollaboratorChange: {"role": "finance"},
    collaborators.Acceptance: {
        "token": "join_01m80my81rfv4vwsscfv9yf2pm_0123456789abcdef0123456789abcdef01234567",
        "password": "a sentence of your own",
    },
    api_keys.ApiKeyCreation: {
        "name": "CRM", "role": "support", "scopes": ["customers:*", "subscriptions:read"],
    },
    api_keys.ApiKeyChange: {"name": "CRM, old"},
    pay_links.PayLinkCreation: {"expires_in_days": 14},
    products.ProductCreation: {"name": "The Paper", "metadata": {"desk": "print"}},
    products.ProductChange: {"description": "Six days a week", "metadata": {"desk": None}},
    plans.PlanCreation: {
        "product_id": _PRODUCT, "name": "Monthly", "amount": 3100, "currency": "USD",
        "interval": "month", "entitlements": ["premium"], "tax_rate": "0.10",
    },
    plans.PlanChange: {"name": "Monthly, digital"},
    plans.PolicyActivation: {"activate": 1},
    coupons.CouponCreation: {
        "code": "SPRING", "percent": 12.5, "duration": "repeating", "duration_in_months": 3,
        "max_redemptions": 100,
    },
    coupons.CouponChange: {"max_redemptions": 200, "expires_at": "2030-03-01"},
    organizations.OrganizationCreation: {
        "name": "Analytical Engines Ltd", "industry": "manufacturing",
        "website": "https://engines.example.org", "tax_id": "GB 123 4567 89",
        "address": {"line1": "12 St James's Square", "city": "London", "country": "GB"},
    },
    organizations.OrganizationChange: {"industry": "computing", "phone": None},
    customers.CustomerCreation: {
        "email": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace",
        "old_provider_id": "C-1815",
    },
    customers.Erasure: {"reason": "asked for on 3 March, ticket 1815", "invoices": "keep"},
    customers.CustomerChange: {"phone": "+44 20 7946 0000", "email": None},
    payment_methods.CardCreation: {"token": "tok_visa"},
    payment_methods.PaymentMethodCreation: {
        "customer_id": _CUSTOMER, "gateway": "sandbox", "token": "tok_visa", "is_default": True,
    },
    payment_methods.PaymentMethodChange: {"is_default": True},
    payments.Resolution: {
        "outcome": "succeeded", "reason": "Settled on the bank statement of 31 January",
    },
    addresses.CustomerAddress: {
        "type": "billing", "line1": "12 St James's Square", "city": "London", "country": "GB",
    },
    addresses.AddressCreation: {
        "customer_id": _CUSTOMER, "type": "shipping", "first_name": "Ada",
        "line1": "12 St James's Square", "postal_code": "SW1Y 4JH", "country": "GB",
    },
    addresses.AddressChange: {"line2": "Ground floor", "company": None, "is_default": True},
    subscriptions.SubscriptionCreation: {
        "customer_id": _CUSTOMER, "plan_id": _PLAN, "payment_method_id": _CARD,
    },
    subscriptions.SubscriptionChange: {"auto_renew": False},
    subscriptions.Start: {"start_date": "2030-03-01"},
    subscriptions.Suspension: {"until": "2030-03-01T00:00:00Z"},
    subscriptions.Restart: {"plan_id": _PLAN, "quantity": 1},
    gifts.GiftOrder: {
        "recipient_email": "byron@example.org", "recipient_first_name": "George",
        "message": "Many happy returns", "start_date": "2030-03-01",
    },
    gifts.GiftChange: {"recipient_email": "george@example.org"},
    gifts.Redemption: {"code": "7Q2XH-9MT4C-ZK0WB-3VN8D", "email": "byron@example.org"},
    gifts.GiftRenewal: {"payment_method_id": _CARD},
    members.Invitations: {
        "members": [
            {"email": "byron@example.org", "first_name": "George"},
            {"email": "babbage@example.org"},
        ],
    },
    members.MemberChange: {"first_name": "Charles", "last_name": "Babbage"},
    subscriptions.PlanSwitch: {"plan_id": _PLAN, "proration": "immediate"},
    subscriptions.Preview: {"plan_id": _PLAN, "proration": "next_invoice"},
    subscriptions.Extension: {"end_date": "2030-03-15"},
    subscriptions.Renewal: {"auto_renew": False, "purchase_order": "PO-7"},
    cancelling.RefundAsked: {"type": "prorated", "to": "card"},
    subscriptions.Preview: {},
    subscriptions.Usage: {"quantity": 120, "at": "2026-01-31T23:00:00Z"},
    cancelling.Cancellation: {"mode": "period_end", "reason": "moved abroad"},
    invoice_bodies.InvoiceCreation: {
        "customer_id": _CUSTOMER, "currency": "USD",
        "lines": [{"description": "Back issues", "unit_amount": 1500, "quantity": 2}],
    },
    invoice_bodies.InvoiceChange: {"notes": "Deliver to the back door"},
    invoice_bodies.Charge: {"payment_method_id": _CARD},
    invoice_bodies.Issue: {"payment_method_id": _CARD},
    invoice_bodies.OfflinePayment: {"reference": "check 1842", "category": "check"},
    invoice_bodies.Application: {"amount": 1500},
    credit_notes.RefundCreation: {
        "amount": 1500, "to": "card", "reason": "The paper came late", "policy": "proportional",
    },
    credit_notes.CreditNoteCreation: {
        "amount": 1500, "reason": "Two issues were missing",
        "allocations": [{"to": "receivable", "amount": 1000}, {"to": "balance", "amount": 500}],
    },
    credit_notes.RecoveryCreation: {
        "amount": 1500, "reference": "check 1844", "category": "check",
    },
    credit_notes.Withdrawal: {"reason": "wrong invoice"},
    balances.BalanceCharge: {
        "payment_method_id": _CARD, "amount": 5000, "currency": "USD", "description": "Top-up",
    },
    balances.BalanceAdjustment: {
        "amount": 1500, "currency": "USD", "reason": "The paper came late",
    },
    balances.BalanceRefund: {
        "amount": 500, "currency": "USD", "to": "offline", "reason": "Moved abroad",
    },
    balances.OfflineMoney: {
        "amount": 5000, "currency": "USD", "reference": "check 1843", "category": "check",
    },
    invoice_bodies.Ending: {"reason": "entered twice"},
    test_clock.ClockSetting: {"now": "2026-01-01"},
    ordered_exports.ExportCreation: {
        "name": "customers", "format": "csv",
        "filters": {"created_at[gte]": "2026-01-01", "sort": "-created_at"},
    },
    test_clock.Advance: {"to": "2027-01-01T00:00:00Z"},
}  # fmt: skip
