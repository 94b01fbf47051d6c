"""The log, read only: all of it, or what happened to one resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import views
from api.query import allow
from api.views import Found, Listed
from domain.shared.errors import Invalid
from projections.audit import add_changes
from projections.event_log import event_by_id, page_of_events
from projections.groups import RESOURCES
from projections.reading import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.call import Call
    from projections.resource import Resource


def listing(call: Call) -> Listed:
    """`?expand=changes` adds what each event changed, which takes its subject's whole history."""
    query = dict(call.query)
    expanded = query.pop("expand", None)
    if expanded not in {None, "changes"}:
        raise Invalid.one("expand", "unknown_expansion", "can expand changes")
    return _page(call, query, changes=expanded is not None)


def show(call: Call) -> Found:
    allow(call.query)
    with reading(call.services.connections, call.account_id, RESOURCES) as now:
        event = event_by_id(now, call.ref)
        add_changes(now, [event])
        return Found(event, now.head, now.head)


def of(kind: Resource[Any]) -> Callable[[Call], Listed]:
    """A handler of the history of the resource the address names. Raises NotFound."""

    def handler(call: Call) -> Listed:
        views.require_ref(kind, call.ref)
        call.books.load(views.aggregate_of(kind), call.ref)
        return of_subject(call, call.ref)

    return handler


def of_subject(call: Call, ref: str) -> Listed:
    if "subject" in call.query:
        raise Invalid.one("subject", "unknown_filter", "the address names the subject")
    return _page(call, {**call.query, "subject": ref}, changes=True)


def _page(call: Call, query: Mapping[str, str], *, changes: bool) -> Listed:
    """The log is never behind itself: what is shown is its end."""
    with reading(call.services.connections, call.account_id, RESOURCES) as now:
        shown = page_of_events(now, query, call.account.timezone)
        if changes:
            add_changes(now, shown.data)
        return Listed(shown.data, shown.next_cursor, now.head, now.head)
