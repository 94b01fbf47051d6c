"""The account a key belongs to: its settings, and what became of them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api import reading, views
from api.core import events
from api.fields import Body, Currency, Name, PostalAddress, Text, absent
from api.logo import Logo, require_logo
from api.query import allow
from api.resource_routes import BASE
from api.route import Read, Route, Shape, Write
from api.writing import Written, of
from domain.accounts.account import Account
from domain.commands.accounts import update_account
from domain.invoicing.credit_note import SERIES
from domain.ledger.chart import DEFAULT_GL_CODES
from domain.shared.identifiers import typed_id
from domain.shared.period import zone_names
from projections.accounts import ACCOUNTS
from projections.groups import RESOURCES
from projections.reading import wait_for

if TYPE_CHECKING:
    from api.call import Call
    from api.views import Found, Listed

_PREFIX = re.compile(r"[A-Za-z]|[A-Za-z0-9][A-Za-z0-9._/-]{0,18}[A-Za-z._/-]", re.ASCII)
_CODE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,38}[\x21-\x7e])?", re.ASCII)


def _timezone(name: str) -> str:
    if name not in zone_names():
        raise PydanticCustomError("unknown_timezone", "is not a zone of the IANA database")
    return name


def _prefix(text: str) -> str:
    """A digit at its end could make a number of one series look like one of another."""
    if not _PREFIX.fullmatch(text):
        raise PydanticCustomError(
            "invalid_prefix", "has at most 20 letters, digits and . _ / -, with no digit at its end"
        )
    if text.upper().startswith(SERIES):
        raise PydanticCustomError("reserved_prefix", "is what credit notes' numbers begin with")
    return text


def _ascending(days: list[int]) -> list[int]:
    if any(day >= later for day, later in pairwise(days)):
        raise PydanticCustomError("not_ascending", "each day comes after the one before")
    return days


def _of_the_chart(codes: dict[str, str | None]) -> dict[str, str | None]:
    unknown = sorted(codes.keys() - DEFAULT_GL_CODES.keys())
    if unknown:
        raise PydanticCustomError(
            "unknown_account", "the chart has no {name}", {"name": ascii(unknown[0][:100])}
        )
    return codes


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise PydanticCustomError("invalid_code", "has 1 to 40 printable ASCII characters")
    return text


Days = Annotated[int, Field(ge=0, le=365)]
Timezone = Annotated[
    str,
    AfterValidator(_timezone),
    WithJsonSchema(
        {
            "type": "string",
            "description": "A zone of the IANA database",
            # No enum: generators of clients make names of its values, and these are not names.
            "pattern": f"^({'|'.join(map(re.escape, sorted(zone_names())))})$",
            "examples": ["Europe/Berlin"],
        }
    ),
]
Prefix = Annotated[
    str,
    AfterValidator(_prefix),
    WithJsonSchema({"type": "string", "maxLength": 20, "pattern": f"^({_PREFIX.pattern})$"}),
]
DunningDays = Annotated[
    list[Annotated[int, Field(ge=1, le=365)]],
    Field(max_length=20, description="Ascending"),
    AfterValidator(_ascending),
]
GlCode = Annotated[str, AfterValidator(_code)]
_CODE_SCHEMA = {"type": ["string", "null"], "minLength": 1, "maxLength": 40,
                "pattern": f"^{_CODE.pattern}$"}  # fmt: skip
GlCodes = Annotated[
    dict[str, GlCode | None],
    AfterValidator(_of_the_chart),
    WithJsonSchema({
        "type": "object",
        "description": "By account of the chart; null takes the chart's own code again",
        "properties": {each.value: _CODE_SCHEMA for each in DEFAULT_GL_CODES},
        "additionalProperties": False,
    }),
]  # fmt: skip


class AccountChange(Body):
    """Counts for what is decided from now on."""

    name: Name = absent()
    legal_name: Text | None = None
    address: PostalAddress | None = None
    tax_id: Text | None = None
    logo: Logo | None = None
    timezone: Timezone = absent()
    currency: Currency = absent()
    billing_engine: Literal["native", "external"] = absent()
    invoice_prefix: Prefix = absent()
    grace_days: Days = absent()
    days_until_due: Days = absent()
    incomplete_days: Annotated[int, Field(ge=1, le=365)] = absent()
    dunning_days: DunningDays = absent()
    dunning_end: Literal["unpaid", "cancel"] = absent()
    invoice_numbering: Literal["continuous", "yearly"] = absent()
    balance_auto_apply: Literal["on_issue", "manual"] = absent()
    bad_debt_tax_relief: bool = absent()
    gl_codes: GlCodes = absent()


def show(call: Call) -> Found:
    """Its first events are not written over HTTP, so nothing else may have projected them."""
    allow(call.query, "as_of")
    wait_for(call.services.connections, call.account_id, RESOURCES)
    as_of = call.query.get("as_of")
    if as_of is None:
        return views.one(call, ACCOUNTS, _ref(call))
    return views.one_as_of(call, ACCOUNTS, _ref(call), reading.instant(call, "as_of", as_of))


def history(call: Call) -> Listed:
    return events.of_subject(call, _ref(call))


def update(call: Call, body: AccountChange) -> Written:
    if body.logo is not None:
        require_logo(call.services.press, body.logo)
    return of(update_account(call.books, body.sent(), call.act, call.version))


def _ref(call: Call) -> str:
    return typed_id(Account.prefix, call.account_id)


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/account",
        handler=show,
        kind=ACCOUNTS,
        rule="account:read",
        shape=Shape.ITEM,
        parameters=("as_of",),
        summary="The key's account",
    ),
    Read(
        method="GET",
        path=f"{BASE}/account/events",
        handler=history,
        kind="event",
        rule="events:read",
        shape=Shape.LIST,
        parameters=("limit", "cursor", "sort"),
        summary="What happened to the account's settings",
    ),
    Write(
        method="PATCH",
        path=f"{BASE}/account",
        handler=update,
        kind=ACCOUNTS,
        rule="account:write",
        body=AccountChange,
        summary="Change the account's settings",
    ),
)
