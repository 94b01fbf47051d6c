"""Who is calling: the bearer of a key, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.errors import Refused
from api.rules import allowed
from store import api_keys

if TYPE_CHECKING:
    from api.services import Services
    from store.api_keys import ApiKey


def caller_of(services: Services, request: Any, rule: str) -> ApiKey:
    """Raises Refused 401 for no key in force, 403 for one whose rights do not reach."""
    caller = _bearer(services, request.get_header("Authorization") or "")
    if not allowed(caller.role, caller.scopes, rule):
        raise Refused(403, "forbidden", f"this key may not {rule.replace(':', ' ')}")
    return caller


def _bearer(services: Services, header: str) -> ApiKey:
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
