"""What a list can be filtered by: each field's SQL, how its text is read, how it is compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import orjson

from domain.shared.errors import FieldError
from projections import arrays
from projections.choices import choices
from projections.values import (
    BadValue,
    boolean_of,
    date_of,
    decimal_of,
    instant_of,
    integer_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from projections.sorts import Sort
    from projections.table import Column

_RANGES = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
_NAMED = re.compile(r"(\w+)(?:\[([^\[\]]{1,64})\])?")
_ORDERED = {"timestamptz", "bigint", "date", "numeric"}
_METADATA = "metadata"
_OLD_ID = "old_provider_id"
_READERS: Mapping[str, Callable[[str], object]] = {
    "text": text_of,
    "bigint": integer_of,
    "boolean": boolean_of,
    "date": date_of,
    "numeric": decimal_of,
}
OLD_IDS = {
    "customer": "customers",
    "organization": "organizations",
    "product": "products",
    "plan": "plans",
    "subscription": "subscriptions",
    "invoice": "invoices",
    "shipping_address": "addresses",
}
"""The tables with an `old_provider_id`, by the noun that refers to them."""


@dataclass(frozen=True, slots=True)
class Field:
    """`sql` is its value in a row `t`. `kind` is the SQL type, `texts` a JSON array of text."""

    name: str
    sql: str
    kind: str
    choices: Collection[str] | None = None
    folded: bool = False

    @property
    def ranges(self) -> bool:
        return self.kind in _ORDERED


class Condition(NamedTuple):
    """SQL that names its parameter as `{}`."""

    sql: str
    value: object


def fields_of(table: str, columns: Collection[Column], folded: Collection[str]) -> Iterator[Field]:
    """The columns as fields, and those of the records they refer to by their old ids."""
    for column in columns:
        name, sql = column.name, f't."{column.name}"'
        if column.elements is not arrays.JSON:
            kind = column.elements.sql_type if column.elements is not arrays.NUMERIC else "numeric"
            yield Field(name, sql, kind, choices(table, name), name in folded)
        noun = name.removesuffix("_id")
        if noun != name and noun in OLD_IDS:
            yield Field(f"{noun}_{_OLD_ID}", _with_old_id(sql, OLD_IDS[noun]), "old_id")


def renamed_field(table: str, told: Sort) -> Field:
    return Field(told.name, told.sql, told.elements.sql_type, choices(table, told.name))


def _with_old_id(sql: str, table: str) -> str:
    return (
        f"{sql} IN (SELECT o.id FROM {table} o WHERE o.account_id = t.account_id"
        f" AND o.generation = t.generation AND o.old_provider_id = {{}})"
    )


def read_condition(
    fields: Mapping[str, Field], asked: str, value: str, timezone: str
) -> tuple[str, str | None, Condition] | FieldError:
    """The field's name, its relation and the condition, or what is wrong with it."""
    named = _NAMED.fullmatch(asked)
    name, relation = (named[1], named[2]) if named else ("", None)
    field = fields.get(name)
    if field is None or not _relates(field, relation):
        return FieldError(asked[:100], "unknown_filter", f"there is no filter {asked[:100]}")
    try:
        return name, relation, _condition(field, relation, value, timezone)
    except BadValue as bad:
        return FieldError(asked[:100], "invalid_value", str(bad))


def _relates(field: Field, relation: str | None) -> bool:
    if field.kind == _METADATA:
        return relation is not None
    return relation is None or (relation in _RANGES and field.ranges)


def _condition(field: Field, relation: str | None, value: str, timezone: str) -> Condition:
    match field.kind:
        case "metadata":
            pair = orjson.dumps({relation or "": text_of(value)}).decode()
            return Condition(f"{field.sql} @> {{}}::jsonb", pair)
        case "texts":
            return Condition(f"{field.sql} @> {{}}::jsonb", orjson.dumps([text_of(value)]).decode())
        case "old_id":
            return Condition(field.sql, text_of(value))
    taken = _taken(field, value, timezone)
    if field.folded:
        return Condition(f"lower({field.sql}) = lower({{}})", taken)
    return Condition(f"{field.sql} {_RANGES[relation] if relation else '='} {{}}", taken)


def _taken(field: Field, value: str, timezone: str) -> object:
    """Raises BadValue."""
    if field.kind == "timestamptz":
        return instant_of(value, timezone)
    if field.choices is not None and value not in field.choices:
        some = sorted(field.choices)
        raise BadValue("is not known" if len(some) > 20 else f"must be one of {', '.join(some)}")
    return _READERS[field.kind](value)
