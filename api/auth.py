"""Who is calling: the bearer of a key, or nobody; and what they may."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from api import rules
from api.errors import Refused
from domain.shared.errors import Invalid
from store import api_keys
from store.secret_texts import hash_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.door import Door
    from api.named import Sent
    from api.services import Services
    from store.ahead import Ahead
    from store.api_keys import Caller, Granted


def caller_of(services: Services, request: Any, rule: str, sent: Sent | None = None) -> Caller:
    """Raises Refused 401 for no key in force, 403 for one whose rights do not reach, 429.

    What was `sent` may be looked up in the same exchange; `request.context.ahead` has it then.
    """
    caller = _bearer(services, request, sent)
    require(caller, rule)
    return caller


def recalled(services: Services, request: Any, rule: str) -> Door | None:
    """Who sent a key that was in force before and reached so far. Raises Refused 429."""
    hashed = hash_of(_sent_key(request))
    door = services.known.recall(hashed)
    if door is None or not may(door.caller, rule):
        return None
    _count(services, request, door.caller, hashed)
    return door


@contextmanager
def attempting(services: Services, request: Any) -> Iterator[None]:
    """Around what may fail to say who asks. Raises Refused 429 after too many failures."""
    address = _address(request, services.limits.trusted_proxies)
    services.limits.failures.require_few(address)
    try:
        yield
    except (Refused, Invalid):
        services.limits.failures.note(address)
        raise


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


def may(caller: Caller, permission: str) -> bool:
    """Whether the role holds the permission and the key's scopes reach it."""
    return rules.holds(caller.role, permission) and rules.in_scope(caller.scopes, permission)


def _bearer(services: Services, request: Any, sent: Sent | None) -> Caller:
    text, keys = _sent_key(request), services.limits.keys
    if not text:
        raise _unauthorized("authentication_required", "send Authorization: Bearer sk_…")
    hashed = hash_of(text)
    if keys.knows(hashed):  # others' failures behind the same address are not held against it
        return _admitted(services, request, text, hashed, sent)
    with attempting(services, request):  # nothing of theirs is read before they are known
        caller = _admitted(services, request, text, hashed)
    if sent is not None:
        ahead = _look_ahead(services, text, sent)
        if ahead.caller is not None:
            request.context.ahead = ahead
    return caller


def _look_ahead(services: Services, text: str, sent: Sent) -> Ahead:
    ids, kin = sent.ids(), sent.kin()
    with services.connections.connection() as connection:
        return services.look_ahead(connection, text, ids, kin)


def _sent_key(request: Any) -> str:
    """Empty where there is none."""
    scheme, _, bearer = (request.get_header("Authorization") or "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else ""


def _admitted(
    services: Services, request: Any, text: str, hashed: bytes, sent: Sent | None = None
) -> Caller:
    if sent is None:
        with services.connections.connection() as connection:
            key = api_keys.find(connection, text)
    else:
        request.context.ahead = _look_ahead(services, text, sent)
        key = request.context.ahead.caller
    if key is None:
        services.limits.keys.forget(hashed)
        services.known.forget(hashed)
        raise _unauthorized("invalid_key", "this key is unknown, expired or revoked")
    if getattr(request.context, "standing", None) is None:  # else it was counted when recalled
        _count(services, request, key, hashed)
    services.known.keep(text, key)
    return key


def _count(services: Services, request: Any, caller: Caller, hashed: bytes) -> None:
    """One request of the key's quota, of which a second's worth is leased. Raises Refused 429."""

    def lease(wanted: int, per_minute: int) -> Granted:
        with services.connections.connection() as connection:
            return api_keys.lease(connection, caller.account_id, hashed, wanted, per_minute)

    standing = services.limits.keys.take(hashed, lease)
    if standing is not None:
        request.context.standing = standing
        standing.require(f"this key may ask {standing.limit} times a minute")


def _address(request: Any, trusted_proxies: int) -> str:
    """Whom the outermost trusted proxy heard from. Falcon lists the one who asked us last."""
    if not trusted_proxies:
        return str(request.remote_addr)
    route = request.access_route
    return str(route[max(0, len(route) - 1 - trusted_proxies)])


def _unauthorized(code: str, detail: str) -> Refused:
    return Refused(401, code, detail, headers={"WWW-Authenticate": "Bearer"})
