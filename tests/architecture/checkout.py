"""The files of this checkout, as the architecture tests see them."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from settings import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

CODE = (
    "domain", "store", "gateways", "papers", "projections", "api", "scheduler", "migrations", "cli",
)  # fmt: skip
MODULES = ("settings.py", "bootstrap.py")
_GENERATED = {"build", "dist", "__pycache__", "node_modules"}


@cache
def files() -> tuple[Path, ...]:
    """Everything that was written by hand. Walked, not asked of git: an export has no history."""
    found = []
    for folder, names, leaves in os.walk(CHECKOUT):
        names[:] = [name for name in names if not _generated(name)]
        found += [CHECKOUT / folder / leaf for leaf in leaves if not _unwritten(leaf)]
    return tuple(sorted(found))


def _generated(name: str) -> bool:
    hidden = name.startswith(".") and name not in {".ci", ".github"}
    return hidden or name in _GENERATED or name.endswith(".egg-info")


def _unwritten(leaf: str) -> bool:
    return leaf.endswith((".pyc", ".coverage")) or leaf in {".git", ".DS_Store"}


def sources() -> list[Path]:
    """The program's own Python, tests aside."""
    return [path for path in files() if path.suffix == ".py" and _is_code(path)]


def _is_code(path: Path) -> bool:
    return path.relative_to(CHECKOUT).parts[0] in {*CODE, *MODULES}


def name(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()
