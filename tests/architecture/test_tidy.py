"""The house stays readable: sizes, docstrings, and nothing of the workplace in the files."""

from __future__ import annotations

import ast
import re
from statistics import quantiles
from typing import TYPE_CHECKING

import pytest

from tests.architecture.checkout import files, name, sources

if TYPE_CHECKING:
    from pathlib import Path

LONG_FUNCTIONS: dict[str, str] = {
    "domain/subscriptions/beginning.py::__init__": "takes and keeps every field of the first event",
}
"""`file::function` → why it reads better long."""

LONG_FILES: dict[str, str] = {}
"""`file` → why it reads better whole."""

FOREIGN = {
    "a merge left unfinished": r"(?m)^(?:<{7}|>{7}) ",
    "a path of one machine": r"(?<![\w.])/(?:root|home|Users|work|opt)/\w",
    "a package index": r"\b(?:pypi\.org|pythonhosted|registry\.npmjs|test\.pypi)",
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY",
    "a live key": r"\bsk_live_[A-Za-z0-9]{12,}",
    "a cloud key": r"\bAKIA[0-9A-Z]{16}\b",
}
FOREIGN_ALLOWED: dict[str, str] = {"tests/architecture/test_tidy.py": "names what it looks for"}
_TEXT = {
    ".py",
    ".sql",
    ".md",
    ".toml",
    ".lock",
    ".txt",
    ".cfg",
    ".yml",
    ".html",
    ".js",
    ".css",
    ".sh",
    "",
}


def function_lengths(path: Path) -> dict[str, int]:
    """Lines of each function from `def` to its end, without its docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {f"{name(path)}::{node.name}": _length(node) for node in functions}


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    first = node.body[0]
    assert first.end_lineno is not None
    docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) else 0
    return node.end_lineno - node.lineno + 1 - docstring


def all_function_lengths() -> dict[str, int]:
    return {key: length for path in sources() for key, length in function_lengths(path).items()}


def file_lengths() -> dict[str, int]:
    return {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}


def percentile(values: list[int], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def test_functions_are_short() -> None:
    lengths = list(all_function_lengths().values())
    assert percentile(lengths, 50) <= 6
    assert percentile(lengths, 90) <= 15


def test_no_function_is_long_without_a_reason() -> None:
    long = {key: length for key, length in all_function_lengths().items() if length > 40}
    assert long.keys() <= LONG_FUNCTIONS.keys(), long


def test_files_are_short() -> None:
    # The aim is 150; views that hold row, handlers and listing of one noun take a little more.
    assert percentile(list(file_lengths().values()), 90) <= 200


def test_no_file_is_long_without_a_reason() -> None:
    long = {key: length for key, length in file_lengths().items() if length > 300}
    assert long.keys() <= LONG_FILES.keys(), long


def test_no_exception_outlives_its_need() -> None:
    functions, lengths = all_function_lengths(), file_lengths()
    needed = {key for key in LONG_FUNCTIONS if functions.get(key, 0) > 40}
    needed |= {key for key in LONG_FILES if lengths.get(key, 0) > 300}
    assert needed == {*LONG_FUNCTIONS, *LONG_FILES}


@pytest.mark.parametrize("path", [path for path in files() if path.suffix == ".py"], ids=name)
def test_each_module_says_what_it_answers_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "opens with one sentence"


def foreign(text: str) -> list[str]:
    return [what for what, pattern in FOREIGN.items() if re.search(pattern, text)]


def test_nothing_of_a_workplace_and_no_secret_is_in_the_files() -> None:
    texts = {name(path): path for path in files() if path.suffix in _TEXT}
    found = {
        key: foreign(path.read_text(encoding="utf-8", errors="replace"))
        for key, path in texts.items()
    }
    assert not {key: what for key, what in found.items() if what and key not in FOREIGN_ALLOWED}


@pytest.mark.parametrize(
    "text",
    [
        'open("/root/x")',
        "see /home/me/notes",
        "--index-url https://pypi.org/simple",
        "-----BEGIN RSA PRIVATE KEY-----",
        "sk_live_0123456789abcdef",
        "a\n" + "<" * 7 + " HEAD",
    ],
)
def test_what_is_foreign_is_recognised(text: str) -> None:
    assert foreign(text)


@pytest.mark.parametrize("text", ["/core/v1/home/x", "sk_live_…", "https://example.org/opt/in"])
def test_what_is_ours_is_left_alone(text: str) -> None:
    assert not foreign(text)


def test_a_long_function_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.py"
    path.write_text('def long():\n    """Two\n    lines."""\n' + "    pass\n" * 41)
    monkeypatch.setattr("tests.architecture.checkout.CHECKOUT", tmp_path)
    assert function_lengths(path) == {"long.py::long": 42}
