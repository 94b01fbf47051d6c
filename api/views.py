"""How the edge asks the projections: one resource, as shown or as it was, and pages of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from api.auth import require
from domain.shared.errors import NotFound
from domain.shared.identifiers import MalformedId, uuid_of
from projections import expansion, lists, pages
from projections import resource as resources
from projections import resources as by_position
from projections.groups import RESOURCES
from projections.reading import reading
from projections.rendering import instant
from projections.showing import Showing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from api.call import Call
    from domain.application import Books
    from domain.shared.aggregate import Aggregate
    from projections.resource import Resource

Shown = dict[str, Any]


class Found(NamedTuple):
    """A resource as of `position`, in a log that ends at `head`."""

    resource: Shown
    position: int
    head: int


class Listed(NamedTuple):
    data: Sequence[Shown]
    next_cursor: str | None
    position: int
    head: int


class Reported(NamedTuple):
    """All rows of a report. `known` is the position that defines them: the same, the same rows."""

    data: Sequence[Shown]
    known: int
    position: int
    head: int


class Told(NamedTuple):
    """What follows from the release alone, and no position changes."""

    body: Shown
    position: int
    head: int


class Download(NamedTuple):
    """A file: in pieces, made while it is sent, or whole."""

    content_type: str
    name: str
    pieces: Iterable[bytes] | bytes
    position: int
    head: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A resource told from its aggregate, of which there is only one in an account.

    `found` gives it; it raises NotFound where the account has none.
    """

    kind: str
    aggregate: type[Aggregate]
    found: Callable[[Books], Aggregate]
    render: Callable[[Any], Shown]

    def find(self, call: Call) -> Aggregate:
        return self.found(call.books)

    def one(self, call: Call, ref: str, when: int | None = None) -> Found:
        """Raises NotFound."""
        head = call.books.head()
        found: Any
        if when is None:
            found = call.books.load(self.aggregate, ref)
        else:
            found = call.books.load_as_of(self.aggregate, ref, when)
        if found is None:
            raise NotFound(detail=f"there was no {self.kind} then")
        return Found(self._shown(call, found), head.position, head.position)

    def _shown(self, call: Call, found: Any) -> Shown:
        return {
            "id": found.ref,
            "object": self.kind,
            "created_at": instant(found.created_on),
            "updated_at": instant(found.modified_on),
            "version": found.version,
            "livemode": call.caller.livemode,
            **self.render(found),
        }


def one(call: Call, kind: Resource[Any] | Loaded, ref: str, *, expand: str | None = None) -> Found:
    """As projected. Raises NotFound."""
    if isinstance(kind, Loaded):
        return kind.one(call, ref)
    require_ref(kind, ref)
    nested = _nested(call, kind, expand)
    if kind.at_once and not nested:
        glance = call.glance()
        found = resources.one(glance, kind, ref)
        return Found(found, glance.shown.position, glance.shown.head)
    with reading(call.services.connections, call.account_id, RESOURCES) as now:
        shown = resources.get(now, kind, ref)
        expansion.expand([shown], nested, expansion.now(now))
        return Found(shown, now.position, now.head)


def several(call: Call, kind: Resource[Any], refs: Sequence[str]) -> list[Shown]:
    """As projected, in the order of the refs."""
    with reading(call.services.connections, call.account_id, RESOURCES) as now:
        found = kind.table.load(now, refs)
        in_order = [found[ref] for ref in refs]
        return resources.rendered(now, kind, in_order, livemode=now.livemode)


def showing_of(call: Call, kind: Resource[Any] | Loaded, ref: str | None) -> Showing:
    """Of a write to a resource that was there before, if it has a ref."""
    changed = None
    if ref is not None and not isinstance(kind, Loaded) and not kind.part_prefix:
        changed = kind.table, ref
    return Showing(call.services.connections, call.account_id, RESOURCES, changed)


def written(
    call: Call, kind: Resource[Any], ref: str, position: int, wait_ms: int, showing: Showing
) -> Found | None:
    """What was just written, projected for it by whoever's turn it is; None: ask `one` or
    `one_as_of`.
    """
    shown = showing.show(
        wait_ms,
        lambda now: Found(resources.get(now, kind, ref), now.position, now.head),
        position=position,
    )
    if shown is None and kind.at_once:
        with suppress(NotFound):
            found = one(call, kind, ref)
            return found if found.position >= position else None
    return shown


def is_of_version(kind: Resource[Any], shown: Shown, versions: Mapping[UUID, int] | None) -> bool:
    """Whether a resource is shown as it was left by whoever appended last up to these `versions`.

    A part of an aggregate is told by one event, and never changes.
    """
    if kind.part_prefix:
        return True
    known = (versions or {}).get(uuid_of(shown["id"]))
    return bool(shown["version"] == known)


def one_as_of(
    call: Call,
    kind: Resource[Any] | Loaded,
    ref: str,
    when: int | datetime,
    *,
    deleted: bool = False,
    expand: str | None = None,
) -> Found:
    """As its own events up to a position or an instant leave it. Raises NotFound."""
    if isinstance(kind, Loaded):
        return kind.one(call, ref, when if isinstance(when, int) else None)
    require_ref(kind, ref)
    nested = _nested(call, kind, expand)
    with reading(call.services.connections, call.account_id, RESOURCES) as now:
        shown = by_position.as_of(now, kind, ref, when, deleted=deleted)
        expansion.expand([shown], nested, by_position.then(now, when))
        return Found(shown, now.head, now.head)


def _nested(call: Call, kind: Resource[Any], expand: str | None) -> Mapping[str, Resource[Any]]:
    """Raises Invalid for names that are no references, Refused for what the key may not read."""
    if expand is None:
        return {}
    nested = expansion.names_of(expand, kind, by_position.BY_NAME)
    for each in nested.values():
        require(call.caller, f"{each.name}:read")
    return nested


def aggregate_of(kind: Resource[Any] | Loaded) -> type[Aggregate]:
    return kind.aggregate if isinstance(kind, Loaded) else kind.view.aggregate


def require_ref(kind: Resource[Any], ref: str) -> None:
    """Raises NotFound for text that is no id of this kind, whatever it may be an id of."""
    try:
        uuid_of(ref, kind.prefix)
    except MalformedId:
        raise NotFound(detail=f"there is no {kind.kind} {ref[:100]!a}") from None


def page(
    call: Call,
    kind: Resource[Any],
    query: Mapping[str, str],
    always: Mapping[str, str] | None = None,
) -> Listed:
    """Raises Invalid for an unknown filter, a wrong value or a forged cursor."""
    asked = dict(query)
    nested = _nested(call, kind, asked.pop("expand", None))
    timezone = call.account.timezone if lists.names_dates(asked) else "UTC"
    if kind.at_once and not nested:
        glance = call.glance()
        found = pages.page(glance, kind, asked, timezone, always=always)
        return Listed(found.data, found.next_cursor, glance.shown.position, glance.shown.head)
    with reading(call.services.connections, call.account_id, RESOURCES) as now:
        shown = pages.page(now, kind, asked, timezone, always=always)
        expansion.expand(shown.data, nested, expansion.now(now))
        return Listed(shown.data, shown.next_cursor, now.position, now.head)
