"""The kinds of values requests are made of: strict, bounded, and described for the OpenAPI page."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from domain.accounts.passwords import LONGEST, SHORTEST
from domain.shared.money import EXPONENTS, LARGEST_AMOUNT

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Of a host's name: letters and digits of any script, and hyphens.
_HOST = r"[^\s.\u0000-,/:-@\[-\u0060{-\u007f]+"
_EMAIL = re.compile(rf"[^@\s\u0000]{{1,64}}@{_HOST}(\.{_HOST})+")
_RATE = re.compile(r"0(\.\d{1,6})?", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1970, 2999


def _either_id(schema: dict[str, Any]) -> None:
    """A reference is needed by our id or by the other system's: neither alone is required."""
    for name in schema.get("properties", {}):
        ours = name.replace("_old_provider_id", "_id")
        if ours != name and ours in schema.get("required", ()):
            schema["required"].remove(ours)
            schema["properties"][ours]["description"] = f"Needed, or `{name}`"


class Body(BaseModel):
    """A request's fields: no unknown ones, no conversions."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, json_schema_extra=_either_id
    )

    def sent(self) -> dict[str, Any]:
        """The fields that were in the request, null where null was sent."""
        return self.model_dump(exclude_unset=True)


class Nothing(Body):
    """An action that takes no fields."""


def absent(**described: Any) -> Any:
    """A field that may be left out and, if it is sent, may not be null."""
    return Field(default=None, json_schema_extra=_without_default, **described)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _clean(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("not_allowed", "may not contain a null character")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("required", "may not be blank")
    return text


def _email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise PydanticCustomError("invalid_email", "is not an e-mail address")
    return text


def _currency(code: str) -> str:
    if code not in EXPONENTS:
        raise PydanticCustomError("unknown_currency", "is not a currency of ISO 4217")
    return code


def _country(code: str) -> str:
    if code not in COUNTRIES:
        raise PydanticCustomError("unknown_country", "is not a country of ISO 3166-1 alpha-2")
    return code


def _countries() -> frozenset[str]:
    """The codes as the time zone database keeps them."""
    table = resources.files("tzdata").joinpath("zoneinfo/iso3166.tab")
    lines = table.read_text(encoding="utf-8").splitlines()
    return frozenset(line[:2] for line in lines if not line.startswith("#"))


def _rate(value: Any) -> Decimal:
    if not isinstance(value, str) or not _RATE.fullmatch(value):
        raise PydanticCustomError("invalid_rate", 'is decimal text from "0" to below "1"')
    try:
        return Decimal(value)
    except InvalidOperation:
        raise PydanticCustomError("invalid_rate", "is not a decimal") from None


def _instant(value: Any, info: ValidationInfo) -> datetime:
    """A bare date is that day's midnight, which the context's `midnight` knows."""
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "an instant is text, as in 2026-01-31T00:00:00Z")
    context = info.context or {}
    return parse_instant(value, context.get("midnight"))


def parse_instant(value: str, midnight: Any) -> datetime:
    """RFC 3339 with its offset, or a date. Raises PydanticCustomError `invalid_instant`."""
    try:
        if _DAY.fullmatch(value) and midnight is not None:
            return _in_range(midnight(date.fromisoformat(value)))
        return _in_range(_with_offset(value).astimezone(UTC))
    except (ValueError, OverflowError):
        raise PydanticCustomError(
            "invalid_instant", "is no instant with an offset, as 2026-01-31T00:00:00Z, nor a date"
        ) from None


def _with_offset(value: str) -> datetime:
    read = datetime.fromisoformat(value)
    if "T" not in value.upper() or not value.isascii() or read.tzinfo is None:
        raise ValueError
    return read


def _in_range(instant: datetime) -> datetime:
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError
    return instant


def _metadata(entries: dict[str, Any]) -> dict[str, Any]:
    if len(entries) > 50:
        raise PydanticCustomError("too_long", "has at most 50 keys")
    return entries


INSTANT: dict[str, Any] = {
    "type": "string",
    "description": "RFC 3339 with an offset, or a date: midnight in the account's time zone",
    "pattern": (
        r"^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        r"(T([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$"
    ),
    "examples": ["2026-01-31T00:00:00Z"],
}


class Says:
    """For the OpenAPI page: what a validator holds a value to."""

    def __init__(self, **keywords: Any) -> None:
        self._keywords = keywords

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {**handler(schema), **self._keywords}


_NO_NUL = Says(pattern=r"^[^\u0000]*$")
_NOT_BLANK = Says(pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$")
_FEW_KEYS = Says(
    maxProperties=50,
    propertyNames={"minLength": 1, "maxLength": 64, "pattern": r"^[^\u0000]*$"},
)


Text = Annotated[str, StringConstraints(max_length=500), AfterValidator(_clean), _NO_NUL]
LongText = Annotated[str, StringConstraints(max_length=5000), AfterValidator(_clean), _NO_NUL]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200),
    AfterValidator(_clean), AfterValidator(_not_blank), _NOT_BLANK,
]  # fmt: skip
Required = Annotated[
    str, StringConstraints(min_length=1, max_length=500),
    AfterValidator(_clean), AfterValidator(_not_blank), _NOT_BLANK,
]  # fmt: skip
BillingPrompt = Annotated[
    str, StringConstraints(min_length=1, max_length=5000),
    AfterValidator(_clean), AfterValidator(_not_blank), _NOT_BLANK,
    Field(examples=["Charge 30.00 USD every month."]),
]  # fmt: skip
Password = Annotated[
    str, StringConstraints(min_length=SHORTEST, max_length=LONGEST),
    AfterValidator(_clean), AfterValidator(_not_blank), _NOT_BLANK,
]  # fmt: skip
OldId = Annotated[
    str, StringConstraints(min_length=1, max_length=200),
    AfterValidator(_clean), AfterValidator(_not_blank), _NOT_BLANK,
]  # fmt: skip
Ref = Annotated[
    str, StringConstraints(min_length=1, max_length=64), AfterValidator(_clean), _NO_NUL
]  # fmt: skip
Email = Annotated[
    str, AfterValidator(_clean), AfterValidator(_email),
    WithJsonSchema({
        "type": "string", "format": "email", "maxLength": 254,
        "pattern": f"^{_EMAIL.pattern}$",
    }),
]  # fmt: skip
Currency = Annotated[
    str, AfterValidator(_currency),
    WithJsonSchema({"type": "string", "enum": sorted(EXPONENTS), "examples": ["USD"]}),
]  # fmt: skip
COUNTRIES = _countries()
Country = Annotated[
    str, AfterValidator(_country),
    WithJsonSchema({"type": "string", "enum": sorted(COUNTRIES), "examples": ["US"]}),
]  # fmt: skip
Price = Annotated[int, Field(ge=0, lt=LARGEST_AMOUNT, examples=[3100])]
Amount = Annotated[int, Field(gt=0, lt=LARGEST_AMOUNT, examples=[3100])]
SignedAmount = Annotated[int, Field(gt=-LARGEST_AMOUNT, lt=LARGEST_AMOUNT, examples=[3100])]
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
TaxRate = Annotated[
    Decimal, BeforeValidator(_rate),
    WithJsonSchema({"type": "string", "pattern": r"^0(\.[0-9]{1,6})?$", "examples": ["0.10"]}),
]  # fmt: skip
Instant = Annotated[
    datetime, BeforeValidator(_instant),
    WithJsonSchema(INSTANT),
]  # fmt: skip
_Key = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_clean)]
Metadata = Annotated[dict[_Key, Text], AfterValidator(_metadata), _FEW_KEYS]
MetadataChange = Annotated[dict[_Key, Text | None], AfterValidator(_metadata), _FEW_KEYS]
Strategy = Literal["invoice_creation", "invoice_payment"]
CollectionMethod = Literal["charge_automatically", "send_invoice"]
TaxBehavior = Literal["exclusive", "inclusive"]
BillingBehavior = Literal["bill_immediately", "bill_on_start_date"]


class PostalAddress(Body):
    """Of an organisation or the account: whatever of it is known."""

    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    state: Text | None = None
    postal_code: Text | None = None
    country: Country | None = None
