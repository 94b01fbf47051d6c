"""Who is calling: the bearer of a key, or nobody; and what they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import rules
from api.errors import Refused
from store import api_keys

if TYPE_CHECKING:
    from api.services import Services
    from store.api_keys import Caller


def caller_of(services: Services, request: Any, rule: str) -> Caller:
    """Raises Refused 401 for no key in force, 403 for one whose rights do not reach."""
    caller = _bearer(services, request.get_header("Authorization") or "")
    require(caller, rule)
    return caller


def require(caller: Caller, permission: str) -> None:
    """Raises Refused 403 `forbidden` for the role, `insufficient_scope` for the key's scopes."""
    if not rules.holds(caller.role, permission):
        detail = f"the role {caller.role} does not hold the permission {permission}"
        raise Refused(403, "forbidden", detail)
    if not rules.in_scope(caller.scopes, permission):
        # Source of the header: RFC 6750, section 3.1.
        header = f'Bearer error="insufficient_scope", scope="{permission}"'
        detail = f"this key lacks the scope {permission}"
        raise Refused(403, "insufficient_scope", detail, headers={"WWW-Authenticate": header})


def _bearer(services: Services, header: str) -> Caller:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise _unauthorized("authentication_required", "send Authorization: Bearer sk_…")
    with services.connections.connection() as connection:
        key = api_keys.find(connection, text.strip())
    if key is None:
        raise _unauthorized("invalid_key", "this key is unknown, expired or revoked")
    return key


def _unauthorized(code: str, detail: str) -> Refused:
    return Refused(401, code, detail, headers={"WWW-Authenticate": "Bearer"})
