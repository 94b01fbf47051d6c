"""Reads the SQL out of the code, and says which of the distribution rules a statement breaks."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOLE = "⟨⟩"
"""Stands for what an f-string puts in."""

_BEGINS = re.compile(
    r"\s*(?:\(\s*)?(?:SELECT\b|INSERT\s+INTO\b|UPDATE\s+[\w⟨⟩.]+\s+(?:AS\s+\w+\s+|\w+\s+)?SET\b|DELETE\s+FROM\b"
    r"|WITH\s+(?:RECURSIVE\s+)?[\w⟨⟩]+\s*(?:\([^)]*\)\s*)?AS\b|MERGE\s+INTO\b|COPY\s*[\w(⟨]|LOCK\s+TABLE\b"
    r"|(?:CREATE|ALTER|DROP|TRUNCATE|COMMENT\s+ON)\s+(?:OR\s+REPLACE\s+|UNIQUE\s+|TEMP\s+|TEMPORARY\s+|UNLOGGED\s+)?"
    r"(?:TABLE|INDEX|FUNCTION|PROCEDURE|SEQUENCE|TRIGGER|VIEW|MATERIALIZED|SCHEMA|ROLE|TYPE|DATABASE|EXTENSION|COLUMN|POLICY)\b"
    r"|TRUNCATE\s+\w|GRANT\s+\w|REVOKE\s+\w|SET\s+(?:LOCAL\s+|SESSION\s+)?\w+\s*(?:=|TO\b)|SET\s+(?:SESSION\s+)?ROLE\b"
    r"|NOTIFY\s+\w|LISTEN\s+\w|PREPARE\s+\w+|DECLARE\s+\w+|CALL\s+\w+|DO\s+\$)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_DOLLAR = re.compile(r"(\$\w*\$)(.*?)\1", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'")

NEVER = {
    "advisory locks": r"\bpg_(?:try_)?advisory_",
    "a sequence's number as order": r"\b(?:small|big)?serial\b|\bGENERATED\b[^,;]*\bAS\s+IDENTITY\b|\bnextval\s*\(|\bCREATE\s+SEQUENCE\b",
    "transaction ids as order": r"\btxid_|\bpg_current_(?:xact_id|snapshot)|\bpg_snapshot_|\bpg_xact_|\bxm(?:in|ax)\b",
    "triggers": r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\b|\bRETURNS\s+trigger\b",
    "session state across transactions": r"^\s*SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)(?:SESSION\s+)?\w+(?:\.\w+)?\s*(?:=|TO\b)"
    r"|^\s*SET\s+(?:SESSION\s+)?ROLE\b|\bset_config\s*\([^)]*,\s*false\s*\)|^\s*PREPARE\s|\bTEMP(?:ORARY)?\s+TABLE\b|\bWITH\s+HOLD\b",
    "a foreign key without the account": r"\bREFERENCES\b(?!\s+[\w⟨⟩.]+\s*\(\s*account_id)",
    "row-level security": r"\bROW\s+LEVEL\s+SECURITY\b",
}
BY_NAME = {
    "LOCK TABLE": r"\bLOCK\s+(?:TABLE\b|[\w⟨⟩]+\s+IN\b)",
    "NOTIFY": r"^\s*(?:NOTIFY|LISTEN)\b|\bpg_notify\s*\(",
}
DDL = re.compile(r"^\s*(?:CREATE|ALTER|DROP|TRUNCATE|COMMENT|GRANT|REVOKE)\b", re.IGNORECASE)
_RIGHTS = re.compile(r"\b(?:GRANT|REVOKE)\b.*", re.IGNORECASE | re.DOTALL)
_MODIFYING_CTE = re.compile(
    r"\(\s*(?:INSERT|UPDATE|DELETE)\b.*\)\s*INSERT\s+INTO\b.*\bSELECT\b", re.IGNORECASE | re.DOTALL
)
_TOUCHED = re.compile(
    r"\b(?:FROM|JOIN|INTO|UPDATE|USING|COPY|,)\s+(?:ONLY\s+)?(?:public\.)?(\w+)", re.IGNORECASE
)
_JOIN = re.compile(r"\bJOIN\b", re.IGNORECASE)
_SAME_ACCOUNT = re.compile(
    r"\baccount_id\s*(?:=|IN\b)|=\s*(?:\w+\.)?account_id\b|\bUSING\s*\(\s*account_id\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """`where` is the file, for the exceptions by name."""

    where: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.where}:{self.line}: {' '.join(self.text.split())[:90]}"


def in_python(where: str, source: str) -> Iterator[Statement]:
    """Each string of the module that is SQL, docstrings aside; joined strings as one."""
    tree = ast.parse(source)
    outside = {id(node) for node in _docstrings(tree)}
    for node in _outermost_strings(tree):
        text = _text(node)
        if id(node) not in outside and text is not None and _BEGINS.match(_COMMENT.sub("", text)):
            yield from _split(where, node.lineno, text)


def in_sql(where: str, source: str) -> Iterator[Statement]:
    """Each statement of a script, and each statement within its function bodies."""
    return _split(where, 1, source)


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Expr):
                yield child.value


def _outermost_strings(node: ast.AST) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and _text(child) is not None:
            yield child
        else:
            yield from _outermost_strings(child)


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or HOLE for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            texts = _text(left), _text(right)
            return None if texts == (None, None) else "".join(text or HOLE for text in texts)
    return None


def _split(where: str, line: int, source: str) -> Iterator[Statement]:
    plain = _COMMENT.sub(_blank, source)
    for body in _DOLLAR.finditer(plain):
        yield from _split(where, line + plain[: body.start(2)].count("\n"), body[2])
    plain = _DOLLAR.sub(_blank, plain)
    start = 0
    for end in [
        *(found.start() for found in re.finditer(";", _QUOTED.sub(_mask, plain))),
        len(plain),
    ]:
        text = plain[start:end]
        if text.strip():
            lead = len(text) - len(text.lstrip())
            yield Statement(where, line + plain[: start + lead].count("\n"), text.strip())
        start = end + 1


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _mask(found: re.Match[str]) -> str:
    return "'" + "x" * (len(found[0]) - 2) + "'"


def broken_rules(
    statement: Statement, tables: Iterable[str], allowed: Iterable[str] = ()
) -> list[str]:
    """`tables` are those with an account_id; `allowed` are rules this file is excepted from."""
    text = _QUOTED.sub("''", statement.text)
    rules = {**NEVER, **BY_NAME}
    broken = [rule for rule, pattern in rules.items() if re.search(pattern, text, re.IGNORECASE)]
    broken += ["a modifying CTE before INSERT … SELECT"] if _MODIFYING_CTE.search(text) else []
    if DDL.match(text):
        broken += (
            ["DDL outside migrations"] if not statement.where.startswith("migrations/") else []
        )
    else:
        broken += _across_accounts(text, set(tables))
    return [rule for rule in broken if rule not in set(allowed)]


def _across_accounts(text: str, tables: set[str]) -> list[str]:
    """A join of account tables must name the account once for each of them."""
    touched = [table for table in _TOUCHED.findall(_RIGHTS.sub("", text)) if table in tables]
    if touched and "account_id" not in text:
        return ["no account_id"]
    loose = len(touched) > len(_SAME_ACCOUNT.findall(text))
    return ["a join across accounts"] if len(touched) > 1 and _JOIN.search(text) and loose else []
