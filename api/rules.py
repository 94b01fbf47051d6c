"""Who may do what: the one matrix of roles and permissions, and a key's narrowing scopes.

A permission is a noun and a verb, as `products:write`; each route names one. A role holds
permissions, a scope narrows them; both have to name the route's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PUBLIC = "public"
"""The rule of a route that anybody may use."""

EVERYTHING = "*"
OWNER = "owner"

ROLES: Mapping[str, str] = {
    OWNER: "Everything, also to re-open a closed month and to name other owners",
    "administrator": "Everything but to re-open a month",
    "finance": "Customers, subscriptions, invoices; moves money, gives it up, closes months",
    "support": "Customers, subscriptions, invoices; moves money",
    "sales": "Customers and subscriptions, scheduled starts among them",
    "auditor": "Sees everything, the log of events too, and changes nothing",
}
"""Every role, with what it is for."""


class Permission(NamedTuple):
    """Who holds it, and what it covers."""

    roles: frozenset[str]
    covers: str


def _held_by(roles: str) -> frozenset[str]:
    return frozenset(roles.split())


_ALL = frozenset(ROLES)
_DESK = _held_by("owner administrator finance support sales")
_MONEY = _held_by("owner administrator finance support")
_BOOKS = _held_by("owner administrator finance")
_RUNNING = _held_by("owner administrator")
_OWNERS = _held_by("owner")
_SECRETS = _held_by("owner administrator auditor")

PERMISSIONS: Mapping[str, Permission] = {
    "account:read": Permission(_ALL, "See the account's settings"),
    "account:write": Permission(_RUNNING, "Change the account's settings"),
    "roles:read": Permission(_ALL, "See this matrix"),
    "alerts:read": Permission(_ALL, "See what needs a person's attention"),
    "collaborators:read": Permission(_ALL, "See who works in the account, and in which role"),
    "collaborators:write": Permission(
        _RUNNING, "Invite, change and remove collaborators, of roles within one's own"
    ),
    "api_keys:read": Permission(_SECRETS, "See which API keys there are, never their secrets"),
    "api_keys:write": Permission(
        _RUNNING, "Make API keys within one's own rights, rename and revoke them"
    ),
    "webhook_endpoints:read": Permission(_SECRETS, "See webhook endpoints and their deliveries"),
    "webhook_endpoints:write": Permission(
        _RUNNING, "Register and change webhook endpoints, send deliveries again"
    ),
    "organizations:read": Permission(_ALL, "See organizations"),
    "organizations:write": Permission(_DESK, "Create, change and delete organizations"),
    "customers:read": Permission(_ALL, "See customers, their balances and entitlements"),
    "customers:write": Permission(_DESK, "Create and change customers"),
    "customers:erase": Permission(_RUNNING, "Erase a customer's personal data for ever"),
    "addresses:read": Permission(_ALL, "See addresses"),
    "addresses:write": Permission(_DESK, "Create, change and delete addresses"),
    "payment_methods:read": Permission(_ALL, "See cards, by brand and last four digits"),
    "payment_methods:write": Permission(_DESK, "Add, change and remove payment methods"),
    "products:read": Permission(_ALL, "See products"),
    "products:write": Permission(_RUNNING, "Create, change, archive and delete products"),
    "plans:read": Permission(_ALL, "See plans"),
    "plans:write": Permission(_RUNNING, "Create, change, archive and delete plans"),
    "coupons:read": Permission(_ALL, "See coupons"),
    "coupons:write": Permission(_RUNNING, "Create, change and delete coupons"),
    "subscriptions:read": Permission(_ALL, "See subscriptions"),
    "subscriptions:write": Permission(
        _DESK, "Begin, schedule, change, renew, suspend, restart and cancel subscriptions"
    ),
    "subscriptions:gift_codes": Permission(_DESK, "See the codes by which gifts are redeemed"),
    "memberships:read": Permission(_ALL, "See the members of subscriptions"),
    "memberships:write": Permission(_DESK, "Invite and remove members of subscriptions"),
    "invoices:read": Permission(_ALL, "See invoices, as PDF too"),
    "invoices:write": Permission(_MONEY, "Draft, issue and annotate invoices"),
    "payments:read": Permission(_ALL, "See payments"),
    "refunds:read": Permission(_ALL, "See refunds"),
    "credit_notes:read": Permission(_ALL, "See credit notes"),
    "balance_transactions:read": Permission(_ALL, "See what moved customers' balances"),
    "disputes:read": Permission(_ALL, "See disputes"),
    "money:write": Permission(
        _MONEY,
        "Move money: charge, apply a balance, mark as paid, refund, credit, adjust a balance, "
        "resolve a payment whose outcome is unknown",
    ),
    "write_offs:write": Permission(
        _BOOKS, "Void invoices and credit notes, give invoices up, record recoveries"
    ),
    "accounting_periods:read": Permission(_ALL, "See which months are closed"),
    "accounting_periods:close": Permission(_BOOKS, "Close a month"),
    "accounting_periods:reopen": Permission(_OWNERS, "Re-open a closed month"),
    "reports:read": Permission(_ALL, "See reports"),
    "exports:read": Permission(_ALL, "Download what one may see as a file"),
    "exports:write": Permission(_DESK, "Order exports of what one may see"),
    "events:read": Permission(_ALL, "See the log: what happened, who did it and why"),
    "test_clock:read": Permission(_ALL, "See a test account's clock"),
    "test_clock:write": Permission(_RUNNING, "Set and advance a test account's clock"),
}
"""Every permission there is. A route whose rule is not among them does not start."""

SCOPES: frozenset[str] = frozenset(
    {EVERYTHING, *PERMISSIONS, *(f"{name.partition(':')[0]}:{EVERYTHING}" for name in PERMISSIONS)}
)
"""What a key can be narrowed to: a permission, all of a noun's, or everything its role holds."""


def holds(role: str, permission: str) -> bool:
    return permission in PERMISSIONS and role in PERMISSIONS[permission].roles


def permissions_of(role: str) -> tuple[str, ...]:
    """In the order of the matrix."""
    return tuple(name for name, permission in PERMISSIONS.items() if role in permission.roles)


def in_scope(scopes: Iterable[str], permission: str) -> bool:
    """Whether the scopes name it; of a scope: whether they reach as far."""
    noun = permission.partition(":")[0]
    return not {EVERYTHING, permission, f"{noun}:{EVERYTHING}"}.isdisjoint(scopes)


def may_grant(role: str, granted: str) -> bool:
    """Whether one in `role` may give away `granted`: nobody gives what they do not hold."""
    return granted in ROLES and set(permissions_of(granted)) <= set(permissions_of(role))
