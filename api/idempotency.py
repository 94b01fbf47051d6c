"""A write's key: what it stands for, and the answer it had when it was used before."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from domain.shared.errors import Invalid, RequestInProgress
from domain.shared.recording import IdempotencyKey
from store import idempotency

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from api.services import Services
    from store.idempotency import Request

HEADER = "Idempotency-Key"
KEY = r"[\x21-\x7e]{1,255}"
_KEY = re.compile(KEY)
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def key_of(request: Any, body: Mapping[str, Any], *, required: bool) -> IdempotencyKey | None:
    """Raises Invalid `idempotency_key_required` where money would move without one."""
    text = request.get_header(HEADER)
    if text is None:
        if required:
            raise Invalid.one(HEADER, "idempotency_key_required", "is needed: this moves money")
        return None
    if not _KEY.fullmatch(text):
        raise Invalid.one(HEADER, "idempotency_key_invalid", "1 to 255 visible ASCII characters")
    return IdempotencyKey(text, request_hash(request.method, request.path, body))


def request_hash(method: str, path: str, body: Mapping[str, Any]) -> bytes:
    """The same for the same request, whatever the order and spacing of its fields."""
    canonical = _CANONICAL.encode(body)
    return hashlib.sha256(f"{method} {path}\n{canonical}".encode()).digest()


def earlier(services: Services, account_id: UUID, key: IdempotencyKey) -> Request | None:
    """How the key was answered. Raises KeyReused for another request, RequestInProgress."""
    with services.connections.connection() as connection:
        found = idempotency.look_up(connection, account_id, key.key, key.request_hash)
    if found is not None and found.answer is None:
        raise RequestInProgress(detail="the first request with this key still runs")
    return found
