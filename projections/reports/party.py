"""Who a report's customer is: as on their last invoice known then, or when credit first came."""

from __future__ import annotations

from projections.reports.report import code, prose

PARTY = (
    code("customer.id", "customer_id"),
    prose("customer.email", "email"),
    prose("customer.first_name", "first_name"),
    prose("customer.last_name", "last_name"),
    prose("organization.name", "organization_name"),
)


def party_of(alias: str) -> str:
    """SQL: joins `p`, which has what PARTY shows besides the id."""
    return f"""  LEFT JOIN accounting_parties AS p
    ON p.account_id = %(account)s AND p.generation = %(generation)s
   AND p.customer_id = {alias}.customer_id AND p.from_position <= %(position)s
   AND (p.until_position IS NULL OR p.until_position > %(position)s)"""
