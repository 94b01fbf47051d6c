"""What a kill in the middle of a start leaves: nothing that a later start would stumble over."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

import demo_account
from parts import EveryAccount, Parts
from store import ids, operations


def test_the_demo_key_is_kept_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, *_: object, **__: object) -> None:
        path.write_bytes(b"{")
        raise SystemExit

    kept = tmp_path / "data" / "demo.json"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", killed)
        with pytest.raises(SystemExit):
            demo_account.keep_private(kept, {"api_key": "k"})
    assert not kept.exists()
    demo_account.keep_private(kept, {"api_key": "k"})
    assert json.loads(kept.read_text()) == {"api_key": "k"}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_an_account_whose_opening_was_cut_off_is_none(service_url: str) -> None:
    parts = Parts(service_url, pool_size=1)
    cut_off = ids.new_id()
    with parts.connections.connection() as connection:
        operations.open_account(connection, cut_off, livemode=True)
    assert cut_off not in EveryAccount(parts).all()
    parts.close()
