"""The command that prints what happened, readable."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

import bootstrap
from domain.shared.errors import NotFound
from domain.shared.identifiers import MalformedId, typed_id, uuid_of
from parts import Parts
from projections.catalogue import PREFIXES
from settings import read_settings
from store.log import stream_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from store.log import LoggedEvent

_WIDTH = 110


def register(app: typer.Typer) -> None:
    app.command()(replay)


def replay(
    *,
    account: Annotated[str, typer.Option(help="The account's id, acct_….")],
    to: Annotated[int | None, typer.Option(help="Stop after this position.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="Stop at what was recorded by this instant (UTC unless it says).",
            formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"],
        ),
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Only this thing's events: sub_….")] = None,
) -> None:
    """Print an account's events in order: what, when, who, through what and why."""
    account_id = account_id_of(account)
    only = None if subject is None else _known(subject)
    until = as_of if as_of is None or as_of.tzinfo else as_of.replace(tzinfo=UTC)
    with bootstrap.database(read_settings()) as database:
        parts = Parts(database.url)
        try:
            parts.books(account_id).head()
            for event in _log(parts, account_id, to, until):
                if only is None or event.originator_id == only:
                    typer.echo(told(event))
        finally:
            parts.close()


def account_id_of(ref: str) -> UUID:
    """Raises NotFound for text that is no account's id."""
    try:
        return uuid_of(ref, "acct")
    except MalformedId:
        raise NotFound(detail=f"{ref!r} is no account's id (acct_…)") from None


def _known(ref: str) -> UUID:
    try:
        return uuid_of(ref)
    except MalformedId:
        raise NotFound(detail=f"{ref!r} is no id") from None


def _log(
    parts: Parts, account_id: UUID, to: int | None, until: datetime | None
) -> Iterator[LoggedEvent]:
    with parts.connections.connection() as connection, connection.transaction():
        for event in stream_log(connection, account_id):
            if to is not None and event.position > to:
                return
            if until is None or event.recorded_at <= until:
                yield event


def told(event: LoggedEvent) -> str:
    """One event as a person reads it: a headline, and its facts below."""
    subject = typed_id(PREFIXES[event.topic], event.originator_id)
    why = f", {event.reason}" if event.reason else ""
    number = f"  {event.document_number}" if event.document_number else ""
    when = event.recorded_at.strftime("%Y-%m-%d %H:%M:%S")
    head = (
        f"#{event.position}  {when}  {event.topic}  {subject}{number}"
        f"  by {event.actor} ({event.channel}{why})"
    )
    facts = "  ".join(f"{name}={_plain(value)}" for name, value in _facts(event.state))
    return "\n".join([head, *textwrap.wrap(facts, _WIDTH, initial_indent="    ",
                                           subsequent_indent="    ")])  # fmt: skip


def _facts(state: bytes) -> Iterator[tuple[str, Any]]:
    for name, value in orjson.loads(state).items():
        if value not in (None, [], {}):
            yield name, value


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
