"""What a write answers with: its resource as of its own position, whoever wrote meanwhile."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from api import views
from projections.groups import RESOURCES
from projections.reading import wait_for

if TYPE_CHECKING:
    from api.call import Call
    from api.route import Write
    from api.views import Found, Shown
    from api.writing import Answered
    from projections.showing import Showing

PROJECTION_WAIT_MS = 500


class Told(NamedTuple):
    """The resource, and by how much the projections were behind this answer's position."""

    resource: Shown
    behind: int


def tell(call: Call, route: Write, answered: Answered, showing: Showing) -> Told:
    if "ids" in answered.answer:
        showing.end()
        return _all(call, route, answered)
    return _one(call, route, answered, showing)


def _one(call: Call, route: Write, answered: Answered, showing: Showing) -> Told:
    """As projected, or, where that is not this answer's position, told from its own events."""
    kind, ref, position = route.kind, answered.answer["id"], answered.position
    as_it_is = not (answered.replayed or route.deletes)
    if as_it_is and not isinstance(kind, views.Loaded):
        found = views.written(call, kind, ref, position, PROJECTION_WAIT_MS, showing)
        if found is not None and _is_told(call, route, found, position):
            return Told(found.resource, 0)
    # A replay too: its first run may have died before it projected.
    showing.end()
    behind = _lag(call, position)
    if as_it_is and not behind:
        found = views.one(call, kind, ref)
        if _is_told(call, route, found, position):
            return Told(found.resource, 0)
    shown = views.one_as_of(call, kind, ref, position, deleted=route.deletes)
    resource = {**shown.resource, "deleted": True} if route.deletes else shown.resource
    return Told(resource, behind)


def _is_told(call: Call, route: Write, found: Found, position: int) -> bool:
    """Whether what is shown of a later position is what the answer's own shows, as its replays do:
    nobody wrote to the resource in between.
    """
    if found.position == position:
        return True
    kind = route.kind
    if isinstance(kind, views.Loaded):
        return False
    # Of what is new nobody else knows yet.
    alone = route.status == HTTPStatus.CREATED or not kind.has_streams
    return alone and views.is_of_version(kind, found.resource, call.books.recorder.versions)


def _all(call: Call, route: Write, answered: Answered) -> Told:
    """Each, in the order in which the key keeps them."""
    kind, refs, position = route.kind, answered.answer["ids"], answered.position
    behind = _lag(call, position)
    if behind or answered.replayed:
        shown = [views.one_as_of(call, kind, ref, position).resource for ref in refs]
    else:
        shown = views.several(call, kind, refs)
    return Told({"data": shown}, behind)


def _lag(call: Call, position: int) -> int:
    """Projects up to the position; by how much that failed."""
    connections = call.services.connections
    at = wait_for(connections, call.account_id, RESOURCES, position, PROJECTION_WAIT_MS)
    return max(position - at.position, 0)
