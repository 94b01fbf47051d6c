"""Which industries take which products: the customers of organisations, by what they subscribe to.

Of today: it is read from the resources as they are, not from the books.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.subscriptions.states import Status
from projections.exports import count
from projections.reports.report import Report, code, prose

if TYPE_CHECKING:
    from projections.reports.report import Basis

GRANTING = (Status.TRIALING, Status.ACTIVE, Status.EXTENDED, Status.PAST_DUE)
"""A subscription is counted as active while it gives access."""


def _source(_basis: Basis) -> str:
    granting = ", ".join(f"'{status}'" for status in GRANTING)
    return f"""
SELECT o.industry, s.product_id, p.name AS product_name,
       count(DISTINCT o.id) AS organizations, count(DISTINCT s.customer_id) AS customers,
       count(*) AS subscriptions,
       count(*) FILTER (WHERE s.status IN ({granting})) AS active_subscriptions
  FROM subscriptions s
  JOIN customers c ON c.account_id = s.account_id AND c.generation = s.generation
   AND c.id = s.customer_id
  JOIN organizations o ON o.account_id = s.account_id AND o.generation = s.generation
   AND o.id = c.organization_id
  LEFT JOIN products p ON p.account_id = s.account_id AND p.generation = s.generation
   AND p.id = s.product_id
 WHERE s.account_id = %(account)s AND s.generation = %(generation)s
 GROUP BY o.industry, s.product_id, p.name"""


INDUSTRIES = Report(
    "industries",
    (
        prose("industry", "industry"),
        code("product.id", "product_id"),
        prose("product.name", "product_name"),
        count("organizations", "r.organizations"),
        count("customers", "r.customers"),
        count("subscriptions", "r.subscriptions"),
        count("active_subscriptions", "r.active_subscriptions"),
    ),
    _source,
    "r.industry, r.product_name, r.product_id",
    group="resources",
)
