"""A closed folder lets one user through by name; nobody else gains anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from store.access_list import _entries, _passing, let_pass

STRANGER = 54321
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")


def can_pass(folder: Path, user: int) -> bool:
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
        os._exit(0 if os.access(folder / "inner", os.F_OK) else 1)
    return os.waitpid(child, 0)[1] == 0


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == tmp_path.owner() and not folder.stat().st_mode & 0o001:
            folder.chmod(0o711)
    (tmp_path / "closed" / "inner").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    return tmp_path / "closed"


@ROOT_ONLY
def test_the_named_user_passes_and_no_other(closed: Path) -> None:
    assert not can_pass(closed, STRANGER)
    let_pass(closed, STRANGER)
    assert can_pass(closed, STRANGER)
    assert not can_pass(closed, STRANGER + 1)


@ROOT_ONLY
def test_users_that_passed_before_still_do(closed: Path) -> None:
    let_pass(closed, STRANGER)
    let_pass(closed, STRANGER + 1)
    assert can_pass(closed, STRANGER)
    assert can_pass(closed, STRANGER + 1)


def test_once_more_changes_nothing(closed: Path) -> None:
    once = _passing(_entries(closed), STRANGER)
    assert _passing(once, STRANGER) == once


def test_an_open_folder_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    let_pass(tmp_path, STRANGER)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_without_lists_only_the_search_bit_is_given(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(95, "not supported here")

    monkeypatch.setattr(os, "setxattr", unsupported)
    let_pass(closed, STRANGER)
    assert closed.stat().st_mode & 0o777 == 0o701
