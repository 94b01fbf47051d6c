"""Exports in the background: ordered, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands.act import Done
from domain.exporting.export import Export

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from domain.application import Books
    from domain.commands.act import Act


def order_export(books: Books, name: str, form: str, filters: Mapping[str, str], act: Act) -> Done:
    """Whoever calls it has read the filters: what cannot be read is refused before."""
    ordered = Export.begin(
        Export.Created, id=books.new_id(), name=name, format=form, filters=dict(filters)
    )
    given = act.given(ordered.ref)
    return Done(ordered.ref, books.record(ordered, by=act.by, given=given))


def start_export(books: Books, ref: str, act: Act) -> Done:
    """Raises Conflict for one that has ended already."""
    export = books.load(Export, ref)
    export.start()
    return Done(ref, books.record(export, by=act.by) if export.pending_events else None)


def complete_export(
    books: Books, ref: str, act: Act, *, position: int, size_bytes: int, expires_at: datetime
) -> Done:
    """Raises Conflict for one that has ended already."""
    export = books.load(Export, ref)
    export.complete(position=position, size_bytes=size_bytes, expires_at=expires_at)
    return Done(ref, books.record(export, by=act.by))


def fail_export(books: Books, ref: str, act: Act, code: str, detail: str) -> Done:
    """Raises Conflict for one that has ended already."""
    export = books.load(Export, ref)
    export.fail(code, detail)
    return Done(ref, books.record(export, by=act.by))
