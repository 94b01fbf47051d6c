"""Which outside packages each part may know; the parts among themselves are import-linter's."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest

from tests.architecture.checkout import name, sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN_MAY = {"domain", "eventsourcing"} | sys.stdlib_module_names
DOMAIN_NEVER = {
    "socket",
    "sqlite3",
    "urllib",
    "http",
    "subprocess",
    "threading",
    "asyncio",
    "random",
    "logging",
}
"""Standard, and still not for rules: they bring the world in."""

ONLY_IN = {
    "psycopg": ("store", "projections", "migrations", "bootstrap.py"),
    "psycopg_pool": ("store",),
    "falcon": ("api", "bootstrap.py"),
    "gunicorn": ("cli",),
    "typer": ("cli",),
    "rich": ("cli",),
    "apscheduler": ("scheduler", "bootstrap.py"),
    "bootstrap": ("cli",),
    "settings": ("cli", "bootstrap.py", "api", "scheduler", "store", "gateways"),
}


def imported(source: str) -> set[str]:
    """Top-level names of every import, those for types included."""
    return set(_names(ast.parse(source)))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def refused(file: str, source: str) -> set[str]:
    """Imports that this file may not have."""
    part, names = file.split("/", maxsplit=1)[0], imported(source)
    elsewhere = {each for each in names & ONLY_IN.keys() if part not in ONLY_IN[each]}
    impure = (names - DOMAIN_MAY) | (names & DOMAIN_NEVER) if part == "domain" else set()
    return elsewhere | impure


@pytest.mark.parametrize("path", sources(), ids=name)
def test_each_part_knows_only_what_is_its_business(path: Path) -> None:
    assert not refused(name(path), path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("domain/x.py", "import orjson"),
        ("domain/x.py", "from urllib.request import urlopen"),
        ("domain/x.py", "def f():\n    import store.pool"),
        ("api/x.py", "import psycopg.errors"),
        ("projections/x.py", "from falcon import App"),
        ("scheduler/x.py", "import bootstrap"),
        ("domain/x.py", "from settings import Settings"),
    ],
)
def test_what_is_not_its_business_is_refused(file: str, source: str) -> None:
    assert refused(file, source)


def test_what_is_its_business_is_not_refused() -> None:
    assert not refused(
        "domain/x.py", "from decimal import Decimal\nfrom eventsourcing.domain import event"
    )
    assert not refused("store/x.py", "import psycopg\nfrom domain.shared import errors")
