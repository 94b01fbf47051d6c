"""Every code that a refusal can have is told, and nothing else is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from api.body import _CODES
from api.codes import meanings
from domain.commands.accounts import FIXED
from domain.subscriptions.states import MOVES
from settings import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = {
    "Conflict": 0, "NotAllowed": 0, "NotFound": 0, "DomainError": 0, "GatewayUnavailable": 0,
    "AgentUnavailable": 0, "Forged": 0, "PydanticCustomError": 0, "_unauthorized": 0,
    "FieldError": 1, "Refused": 1, "one": 1,
}  # fmt: skip
"""Which argument of what is called is the code."""

MADE = {
    *(f"{noun}_{state}" for noun in ("plan", "product") for state in ("archived", "deleted")),
    *(f"{name}_fixed" for name in FIXED), *(each.code for each in MOVES.values()),
    *_CODES.values(), "unknown_basis", "method_not_allowed", "bad_request",
}  # fmt: skip
"""Those that are put together, or that HTTP gives."""

PACKAGES = ("api", "cli", "domain", "gateways", "importer", "papers", "projections", "store")


def named() -> Iterator[str]:
    for package in PACKAGES:
        for file in (CHECKOUT / package).rglob("*.py"):
            yield from _in(ast.parse(file.read_text()))


def _in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
                if len(args) > PLACES.get(name, 99):
                    yield from _texts(args[PLACES[name]])
                yield from (
                    text for each in node.keywords if each.arg == "code" and name == "Invalid"
                    for text in _texts(each.value)
                )  # fmt: skip
            case ast.Assign(targets=[ast.Name(id="code" | "EXCEEDED")], value=value):
                yield from _texts(value)
            case ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant() as value):
                yield from _texts(value)


def _texts(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from (*_texts(body), *_texts(other))


@pytest.fixture(scope="module")
def codes() -> set[str]:
    return {*named(), *MADE}


def test_every_code_is_told(codes) -> None:
    assert sorted(codes - meanings().keys()) == []


def test_nothing_is_told_that_is_no_code(codes) -> None:
    assert sorted(meanings().keys() - codes) == []


def test_they_are_sentences_in_order() -> None:
    assert list(meanings()) == sorted(meanings())
    assert all(each[0].isupper() and not each.endswith(".") for each in meanings().values())
