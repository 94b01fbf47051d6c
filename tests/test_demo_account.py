"""The demo account is one, whole and with its key, however often its filling is cut off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import demo_account
from demo_account import Steps, ensure, kept
from domain.shared.identifiers import uuid_of
from parts import Parts
from projections.groups import RESOURCES
from projections.runner import arrive
from store import api_keys, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID


class CutOff(BaseException):
    """As a kill: nothing catches it."""


@pytest.fixture
def parts(service_url: str) -> Iterator[Parts]:
    parts = Parts(service_url, pool_size=2)
    yield parts
    parts.close()


def cut_off_after(steps: int, once: Callable[..., str] = Steps.once) -> Callable[..., str]:
    """A `once` that works so many times; what follows begins and is not done."""
    left = iter(range(steps))

    def counted(self: Steps, *args: Any) -> str:
        if next(left, None) is None:
            raise CutOff
        return once(self, *args)

    return counted


def accounts(parts: Parts) -> set[UUID]:
    with parts.connections.connection() as connection:
        return set(operations.all_accounts(connection))


def count(parts: Parts, account_id: UUID, table: str) -> int:
    arrive(parts.connections, account_id, RESOURCES, 60_000)
    with parts.connections.connection() as connection:
        counted = f"SELECT count(*) FROM {table} WHERE account_id = %s"
        (rows,) = connection.execute(counted, (account_id,)).fetchone() or (0,)
    return int(rows)


def test_it_is_filled_once_however_often_that_is_cut_off(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = accounts(parts)
    shown = None
    for steps in (0, 7, 48):
        with monkeypatch.context() as patch:
            patch.setattr(Steps, "once", cut_off_after(steps))
            with pytest.raises(CutOff):
                ensure(parts, tmp_path)
        now = kept(tmp_path)
        assert now is not None
        assert shown in {None, now["api_key"]}, "whoever read the key may go on with it"
        shown = now["api_key"]
    ensure(parts, tmp_path)
    (account_id,) = accounts(parts) - before
    found = kept(tmp_path)
    assert found is not None
    assert set(found) == {"account_id", "api_key", "site_id", "login"}
    assert (uuid_of(found["account_id"], "acct"), found["api_key"]) == (account_id, shown)
    with parts.connections.connection() as connection:
        caller = api_keys.find(connection, found["api_key"])
    assert caller is not None
    assert (caller.account_id, caller.role) == (account_id, "owner")
    made = {name: count(parts, account_id, name) for name in ("products", "plans", "customers")}
    assert made == {"products": 3, "plans": 4, "customers": 20}
    assert count(parts, account_id, "payment_methods") == 20
    assert count(parts, account_id, "subscriptions") == 20

    head = parts.books(account_id).head().position
    ensure(parts, tmp_path)
    assert parts.books(account_id).head().position == head, "the next start leaves it alone"


def test_an_opening_that_was_cut_off_is_made_again(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = accounts(parts)
    keep = demo_account.keep_private

    def killed(path: Path, content: Any) -> None:
        keep(path, content)
        raise CutOff

    with monkeypatch.context() as patch:
        patch.setattr(demo_account, "keep_private", killed)
        with pytest.raises(CutOff):
            ensure(parts, tmp_path)
    assert kept(tmp_path) is not None
    assert accounts(parts) == before
    with monkeypatch.context() as patch:
        patch.setattr(Steps, "once", cut_off_after(0))
        with pytest.raises(CutOff):
            ensure(parts, tmp_path)
    assert len(accounts(parts) - before) == 1
