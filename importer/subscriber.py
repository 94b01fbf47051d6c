"""One row understood: the product, plan, customer and subscription it asks for."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - records are decoded by these annotations
from typing import TYPE_CHECKING, Any

import msgspec

from importer.problems import CellWrong, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.formula import Row
    from importer.mapping import Field, Mapping

KEY_JOINT = " / "


class Product(msgspec.Struct, kw_only=True, omit_defaults=True):
    old_provider_id: str
    name: str
    description: str | None = None
    revenue_recognition_strategy: str = "invoice_creation"


class Plan(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`amount` in minor units a unit and interval."""

    old_provider_id: str
    product_old_provider_id: str
    name: str
    amount: int
    interval: str
    interval_count: int = 1
    auto_renew: bool = True
    collection_method: str = "charge_automatically"
    tax_rate: str | None = None
    tax_behavior: str = "exclusive"


class Customer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """With a `token` a payment method is registered for it."""

    old_provider_id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    phone: str | None = None
    language: str | None = None
    metadata: dict[str, str] = {}
    gateway: str = "sandbox"
    token: str | None = None


class Subscription(msgspec.Struct, kw_only=True, omit_defaults=True):
    old_provider_id: str
    customer_old_provider_id: str
    plan_old_provider_id: str
    start: date
    quantity: int = 1
    auto_renew: bool | None = None
    collection_method: str | None = None
    metadata: dict[str, str] = {}
    mark_paid_by: str | None = None
    mark_paid_reference: str | None = None
    cancel_at_period_end_on: date | None = None
    cancel_reason: str | None = None


class Subscriber(msgspec.Struct):
    line: int
    product: Product
    plan: Plan
    customer: Customer
    subscription: Subscription


def read_subscriber(mapping: Mapping, line: int, row: Row) -> Subscriber | list[Problem]:
    """What a row asks for, or everything that is wrong with it."""
    problems: list[Problem] = []
    read = {
        name: _section(fields, line, row, problems) for name, fields in mapping.sections.items()
    }
    for name, fields in mapping.metadata.items():
        read[name]["metadata"] = _section(fields, line, row, problems)
    product_key = _joined(mapping.product_key, line, row, problems)
    plan_key = _joined(mapping.plan_key, line, row, problems)
    if problems:
        return problems
    subscriber = _subscriber(line, read, product_key, plan_key)
    return _contradictions(subscriber) or subscriber


def _section(
    fields: Sequence[Field], line: int, row: Row, problems: list[Problem]
) -> dict[str, Any]:
    values = {}
    for field in fields:
        column = ", ".join(sorted(field.form.columns)) or field.name
        try:
            raw = field.form.read(row)
            if raw is not None and raw != "":
                values[field.name] = field.kind(raw)
            elif field.required and field.name != "token":
                problems.append(Problem(line, column, f"is empty, and {field.name} needs it"))
        except CellWrong as wrong:
            problems.append(Problem(line, wrong.column, wrong.reason))
        except ValueError as wrong:
            problems.append(Problem(line, column, f"{field.name}: {wrong}"))
    return values


def _joined(columns: Sequence[str], line: int, row: Row, problems: list[Problem]) -> str:
    problems.extend(
        Problem(line, column, "is empty, and belongs to a key")
        for column in columns
        if not row[column].strip()
    )
    return KEY_JOINT.join(row[column].strip() for column in columns)


def _subscriber(line: int, read: dict[str, Any], product_key: str, plan_key: str) -> Subscriber:
    customer = Customer(**read["customer"], **read["payment_method"])
    return Subscriber(
        line,
        Product(old_provider_id=product_key, **read["product"]),
        Plan(old_provider_id=plan_key, product_old_provider_id=product_key, **read["plan"]),
        customer,
        Subscription(
            customer_old_provider_id=customer.old_provider_id,
            plan_old_provider_id=plan_key,
            **read["subscription"],
        ),
    )


def _contradictions(read: Subscriber) -> list[Problem]:
    """What each cell allows and the row as a whole does not."""
    method = read.subscription.collection_method or read.plan.collection_method
    if method == "charge_automatically" and read.customer.token is None:
        return [Problem(read.line, "payment_method.token", "is absent, and charging needs it")]
    if method == "charge_automatically" and read.subscription.mark_paid_by is not None:
        return [Problem(read.line, "mark_paid_by", "is for invoices that are sent, not charged")]
    return []
