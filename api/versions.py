"""The version that a change rests on: `If-Match`, held until the append that makes the change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from api import views
from api.errors import Refused
from domain.shared.errors import StaleVersion
from projections.accounts import ACCOUNTS
from projections.memberships import MEMBERSHIPS
from projections.resources import BY_NAME

if TYPE_CHECKING:
    from api.call import Call
    from api.route import Route
    from domain.shared.aggregate import Aggregate

_TAG = re.compile(r'(W/)?"(\d{1,9})"|(\d{1,9})', re.ASCII)
TAGS = r'(\*|"[0-9]{1,9}"(, ?"[0-9]{1,9}")*)'
"""What `If-Match` is to look like; a bare number is understood too. A weak tag matches nothing:
RFC 9110, section 13.1.1, asks for the strong comparison."""
_NOUN = re.compile(r"/core/v1/(\w+)/\{id\}", re.ASCII)


def parse(header: str | None) -> frozenset[int] | None:
    """The versions it allows; None allows every one. Raises Refused 412 for what is no version."""
    if header is None or header.strip() == "*":
        return None
    named = [_TAG.fullmatch(tag.strip()) for tag in header.split(",")]
    if None in named:
        raise Refused(412, "version_mismatch", 'If-Match takes an ETag, as "3"')
    return frozenset(int(tag[2] or tag[3]) for tag in named if tag and not tag[1])


def hold(route: Route, call: Call) -> None:
    """Whatever the command records, it records on the version named, or not at all.

    To be called before each attempt: an append that lost the race then says StaleVersion.
    """
    if call.versions is None:
        return
    found = _named(route, call)
    if found is not None:
        if found.version not in call.versions:
            raise StaleVersion(detail=f"version is {found.version}")
        call.version = found.version
        call.books.expect(found.id, found.version)


def _named(route: Route, call: Call) -> Aggregate | None:
    """What the address names. Raises NotFound."""
    kind = _kind(route)
    if kind is None:
        return None
    if isinstance(kind, views.Loaded):
        return kind.find(call)
    ref: Any = call.path.get("mem") or call.path.get("id", call.account_id)
    return call.books.load(views.aggregate_of(kind), ref)


def _kind(route: Route) -> Any:
    if "{mem}" in route.path:
        return MEMBERSHIPS
    noun = _NOUN.match(route.path)
    if noun:
        return BY_NAME.get(noun[1])
    return route.kind if isinstance(route.kind, views.Loaded) or route.kind is ACCOUNTS else None
