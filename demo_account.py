"""The demo account: opened once and filled to the end, however often that is cut off.

Its key is kept beside the data from before the account is there, so no account is without one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import demo
from domain.shared.identifiers import uuid_of
from domain.shared.recording import IdempotencyKey
from store import idempotency, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from domain.commands.act import Act, Done
    from parts import Opened, Parts
    from scheduler.due import Desk

_FILLING = "filling_until"
_SAME = sha256(b"demo").digest()


def ensure(parts: Parts, data_dir: Path) -> None:
    file = _file(data_dir)
    found = kept(data_dir)
    if found is None or not _is_there(parts, found):
        found = _open(parts, file)
    if (until := found.pop(_FILLING, None)) is not None:
        desk = parts.desk(uuid_of(found["account_id"], "acct"), demo.ACT)
        demo.fill(Steps(desk, parts), datetime.fromisoformat(until))
        keep_private(file, found)


def kept(data_dir: Path) -> dict[str, Any] | None:
    """The account's id, key and login as a person needs them; None before it was opened."""
    file = _file(data_dir)
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _is_there(parts: Parts, found: Mapping[str, Any]) -> bool:
    """Not so when its opening was cut off. What is whole is not asked for: it may be another's."""
    if _FILLING not in found:
        return True
    with parts.connections.connection() as connection:
        return uuid_of(found["account_id"], "acct") in operations.all_accounts(connection)


def _open(parts: Parts, file: Path) -> dict[str, Any]:
    filling = {_FILLING: datetime.now(UTC).isoformat()}

    def keep(opened: Opened) -> None:
        keep_private(file, {**opened.shown(), **filling})

    opened = parts.open_account(
        demo.ACT, name=demo.NAME, timezone="UTC", currency="USD", livemode=False,
        owner_email=demo.EMAIL, before_commit=keep,
    )  # fmt: skip
    return {**opened.shown(), **filling}


def _file(data_dir: Path) -> Path:
    return data_dir / "demo.json"


def keep_private(path: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all: half a file would stop every later start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.replace(path)


@dataclass(frozen=True, slots=True)
class Steps:
    """The desk at which the account is filled, and each step of it once, under a key of its own."""

    desk: Desk
    parts: Parts

    def once(self, name: str, command: Callable[[Act], Done], reason: str | None = None) -> str:
        """The typed id the command gives, or gave when it ran before."""
        key = IdempotencyKey(f"demo {name}", _SAME)
        with self.parts.connections.connection() as connection:
            found = idempotency.look_up(connection, self.desk.books.account_id, key.key, _SAME)
        if found is not None and found.answer is not None:
            return str(found.answer["id"])
        by = demo.ACT.by if reason is None else replace(demo.ACT.by, reason=reason)
        return command(replace(demo.ACT, by=by, key=key)).ref
