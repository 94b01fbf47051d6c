"""API keys: what a program gets in by. The secret is only in the answer that makes one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api import rules
from api.errors import Refused
from api.fields import Body, Instant, Name, absent
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, of
from domain.commands import api_keys as commands
from domain.shared.errors import FieldError, Invalid
from projections.api_keys import API_KEYS
from store import api_keys as secrets
from store import operations

if TYPE_CHECKING:
    from datetime import datetime

    from api.call import Call
    from store.api_keys import Caller
    from store.connections import Connection

Role = Literal["owner", "administrator", "finance", "support", "sales", "auditor"]


def _known(scope: str) -> str:
    if scope not in rules.SCOPES:
        raise PydanticCustomError("unknown_scope", "is no scope: a permission of /roles, or *")
    return scope


Scope = Annotated[
    str,
    AfterValidator(_known),
    Field(examples=["customers:read"], json_schema_extra={"enum": [*sorted(rules.SCOPES)]}),
]


class ApiKeyCreation(Body):
    """Without role and scopes it has those of the key that asks."""

    name: Name | None = None
    role: Role = absent()
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=100)] = absent()
    expires_at: Instant | None = None


class ApiKeyChange(Body):
    name: Name | None = None


def create(call: Call, body: ApiKeyCreation) -> Written:
    sent = body.sent()
    role = sent.get("role", call.caller.role)
    scopes = tuple(dict.fromkeys(sent.get("scopes", call.caller.scopes)))
    _require_within(call.caller, role, scopes)
    key_id = call.books.new_id()
    new = commands.NewApiKey(role=role, scopes=scopes, name=body.name, expires_at=body.expires_at)
    with call.transaction() as connection:
        _require_future(connection, body.expires_at)
        written = of(commands.create_api_key(call.books, new, key_id, call.act))
        rights: dict[str, Any] = {"role": role, "scopes": scopes, "expires_at": body.expires_at}
        livemode = call.caller.livemode
        key = secrets.create(connection, call.account_id, key_id, livemode=livemode, **rights)
    return written.telling({"secret": key.text})


def update(call: Call, body: ApiKeyChange) -> Written:
    return of(commands.update_api_key(call.books, call.ref, body.sent(), call.act))


def revoke(call: Call, _: Body) -> Written:
    with call.transaction() as connection:
        written = of(commands.revoke_api_key(call.books, call.ref, call.act))
        secrets.revoke(connection, call.account_id, call.ref)
    return written


def _require_within(caller: Caller, role: str, scopes: Sequence[str]) -> None:
    """Raises Refused 403 for a key that could do more than who asks for it."""
    wrong = []
    if not rules.may_grant(caller.role, role):
        wrong.append(FieldError("role", "above_own", f"{caller.role} cannot give the role {role}"))
    wrong += [
        FieldError(f"scopes[{at}]", "above_own", f"the asking key's scopes do not reach {scope}")
        for at, scope in enumerate(scopes)
        if not rules.in_scope(caller.scopes, scope)
    ]
    if wrong:
        raise Refused(403, "forbidden", "nobody gives more than they have", wrong)


def _require_future(connection: Connection, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= operations.now(connection):
        raise Invalid.one("expires_at", "not_in_future", "must be later than now, in real time")


ROUTES: tuple[Route, ...] = reads(
    API_KEYS,
    write(API_KEYS, "POST", "", create, "Make an API key", ApiKeyCreation, status=201),
    write(API_KEYS, "PATCH", "/{id}", update, "Rename an API key", ApiKeyChange),
    write(API_KEYS, "DELETE", "/{id}", revoke, "Withdraw an API key, which stays listed"),
    write(API_KEYS, "POST", "/{id}/revoke", revoke, "Withdraw an API key"),
)
