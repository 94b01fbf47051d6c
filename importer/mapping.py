"""A mapping file read as a whole: which column, table or formula gives which field."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.shared.money import EXPONENTS
from importer import kinds
from importer.forms import Form, FormWrong, form_of
from importer.problems import MappingWrong

if TYPE_CHECKING:
    from collections.abc import Mapping as Named
    from pathlib import Path

    from importer.kinds import Kind

_TOP = {"currency", "delimiter", "plan_key", "product_key", "lookups"}
_METADATA = {"customer", "subscription"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a section: where it comes from and what it takes."""

    name: str
    form: Form
    kind: Kind
    required: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """`sections` by name hold what is mapped; `metadata` the free keys of a section."""

    currency: str
    delimiter: str
    plan_key: tuple[str, ...]
    product_key: tuple[str, ...]
    sections: Named[str, list[Field]]
    metadata: Named[str, list[Field]]

    def columns(self) -> dict[str, str]:
        """Every column named anywhere, with the first key that names it."""
        named = dict.fromkeys(self.product_key, "product_key")
        named |= dict.fromkeys(self.plan_key, "plan_key")
        for group, key in ((self.sections, "{}.{}"), (self.metadata, "{}.metadata.{}")):
            for section, fields in group.items():
                for each in fields:
                    for column in each.form.columns:
                        named.setdefault(column, key.format(section, each.name))
        return named


def _specified(currency: str) -> dict[str, dict[str, tuple[Kind, bool]]]:
    """Section to field to (kind, whether it is needed)."""
    return {
        "product": {
            "name": (kinds.text, True),
            "description": (kinds.text, False),
            "revenue_recognition_strategy": (kinds.strategy, False),
        },
        "plan": {
            "name": (kinds.text, True),
            "amount": (kinds.minor_units(currency), True),
            "interval": (kinds.interval, True),
            "interval_count": (kinds.count, False),
            "auto_renew": (kinds.switch, False),
            "collection_method": (kinds.collection_method, False),
            "tax_rate": (kinds.tax_rate, False),
            "tax_behavior": (kinds.tax_behavior, False),
        },
        "customer": {
            "old_provider_id": (kinds.text, True),
            "email": (kinds.email, False),
            **dict.fromkeys(
                ("first_name", "last_name", "title", "phone", "language"), (kinds.text, False)
            ),
        },
        "payment_method": {"token": (kinds.text, True), "gateway": (kinds.text, False)},
        "subscription": {
            "old_provider_id": (kinds.text, True),
            "start": (kinds.day, True),
            "quantity": (kinds.count, False),
            "auto_renew": (kinds.switch, False),
            "collection_method": (kinds.collection_method, False),
            "mark_paid_by": (kinds.offline_category, False),
            "mark_paid_reference": (kinds.text, False),
            "cancel_at_period_end_on": (kinds.day, False),
            "cancel_reason": (kinds.text, False),
        },
    }


def read_mapping(path: Path) -> Mapping:
    """Raises MappingWrong naming every wrong key at once."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise MappingWrong([(path.name, f"is not TOML: {wrong}")]) from None
    return mapping_of(said)


def mapping_of(said: dict[str, Any]) -> Mapping:
    """The same, of TOML already read."""
    reader = _Reader(said)
    mapping = reader.mapping()
    if reader.wrong:
        raise MappingWrong(reader.wrong)
    return mapping


@dataclass
class _Reader:
    said: dict[str, Any]
    wrong: list[tuple[str, str]] = field(default_factory=list)

    def mapping(self) -> Mapping:
        currency = self._currency()
        specified = _specified(currency)
        self._refuse_unknown("", self.said, _TOP | specified.keys())
        tables = self._tables()
        plan_key = self._key("plan_key", ())
        return Mapping(
            currency=currency,
            delimiter=self._delimiter(),
            plan_key=plan_key,
            product_key=self._key("product_key", plan_key),
            sections={
                name: self._section(name, fields, tables) for name, fields in specified.items()
            },
            metadata={name: self._metadata(name, tables) for name in sorted(_METADATA)},
        )

    def _currency(self) -> str:
        currency = self.said.get("currency")
        if not isinstance(currency, str) or currency not in EXPONENTS:
            self.wrong.append(("currency", "a currency code such as USD is expected"))
            return "USD"
        return currency

    def _delimiter(self) -> str:
        delimiter = self.said.get("delimiter", ",")
        if not isinstance(delimiter, str) or len(delimiter) != 1:
            self.wrong.append(("delimiter", "one character is expected"))
            return ","
        return delimiter

    def _tables(self) -> dict[str, dict[str, Any]]:
        said = self.said.get("lookups", {})
        if not isinstance(said, dict):
            self.wrong.append(("lookups", "tables such as [lookups.interval] are expected"))
            return {}
        for name, table in said.items():
            if not isinstance(table, dict) or not table:
                self.wrong.append((f"lookups.{name}", "values by cell are expected"))
        return {name: table for name, table in said.items() if isinstance(table, dict)}

    def _key(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        said = self.said.get(name, list(default))
        if isinstance(said, list) and said and all(isinstance(each, str) for each in said):
            return tuple(said)
        self.wrong.append((name, 'a list of columns such as ["Contract"] is expected'))
        return ()

    def _section(
        self, name: str, specified: dict[str, tuple[Kind, bool]], tables: dict[str, Any]
    ) -> list[Field]:
        said = self.said.get(name, {})
        if not isinstance(said, dict):
            self.wrong.append((name, f"a section [{name}] is expected"))
            return []
        self._refuse_unknown(
            f"{name}.", said, specified.keys() | ({"metadata"} if name in _METADATA else set())
        )
        optional = name == "payment_method" and not said
        fields = []
        for key, takes in specified.items():
            if key in said:
                fields.extend(self._field(f"{name}.{key}", said[key], tables, takes))
            elif takes[1] and not optional:
                self.wrong.append((f"{name}.{key}", "is needed"))
        return fields

    def _metadata(self, name: str, tables: dict[str, Any]) -> list[Field]:
        section = self.said.get(name, {})
        said = section.get("metadata", {}) if isinstance(section, dict) else {}
        if not isinstance(said, dict):
            self.wrong.append((f"{name}.metadata", "keys with their forms are expected"))
            return []
        return [
            made
            for key, form in said.items()
            for made in self._field(f"{name}.metadata.{key}", form, tables, (kinds.text, False))
        ]

    def _field(
        self, key: str, said: Any, tables: dict[str, Any], takes: tuple[Kind, bool]
    ) -> list[Field]:
        kind, required = takes
        try:
            form = form_of(said, tables)
            for constant in form.constants:
                kind(constant)
        except (FormWrong, ValueError) as wrong:
            self.wrong.append((key, str(wrong)))
            return []
        return [Field(key.rpartition(".")[2], form, kind, required)]

    def _refuse_unknown(self, prefix: str, said: dict[str, Any], known: set[str]) -> None:
        self.wrong.extend(
            (f"{prefix}{key}", f"is not known; known are {', '.join(sorted(known))}")
            for key in said.keys() - known
        )
