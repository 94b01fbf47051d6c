"""What a report is asked for, the SELECT that answers it, and its rows as the API shows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.ledger.chart import DEFAULT_GL_CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    import psycopg

    Cursor = psycopg.Cursor[tuple[Any, ...]]


class Kind(StrEnum):
    """How a column is shown: amounts are minor units of the row's `currency`."""

    TEXT = "text"
    AMOUNT = "amount"
    DATE = "date"
    INSTANT = "instant"


class Column(NamedTuple):
    name: str
    kind: Kind = Kind.TEXT


class Basis(StrEnum):
    """By the day the books took a fact, or by the day it happened (as corrected)."""

    POSTING = "posting"
    EFFECTIVE = "effective"


class Scope(NamedTuple):
    """Whose books, which generation of them, and as known at which position of the log."""

    account_id: UUID
    generation: int
    position: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Days are inclusive. `until` is the day of a balance and the last of a period.

    `since` is the first day of a period, the beginning where it is absent. `customer_id` narrows
    to one customer where the report can.
    """

    until: date
    since: date | None = None
    currency: str | None = None
    basis: Basis = Basis.POSTING
    customer_id: str | None = None


class Select(NamedTuple):
    """SQL with named parameters, for `execute` and for `copy` alike."""

    sql: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """`statement` gives the SQL for a basis; its columns come in the order of `columns`."""

    name: str
    columns: Sequence[Column]
    statement: Callable[[Basis], str]

    def select(self, scope: Scope, asked: Asked) -> Select:
        """The same for JSON, CSV and spreadsheets: integers of minor units, dates, instants."""
        return Select(self.statement(asked.basis), _parameters(scope, asked))

    def rows(self, cursor: Cursor, scope: Scope, asked: Asked) -> list[dict[str, Any]]:
        """The rows by column name. Everything is read in one statement."""
        names = [column.name for column in self.columns]
        found = cursor.execute(*self.select(scope, asked)).fetchall()
        return [dict(zip(names, row, strict=True)) for row in found]


def _parameters(scope: Scope, asked: Asked) -> dict[str, Any]:
    codes = gl_codes()
    return {
        "account_id": scope.account_id,
        "generation": scope.generation,
        "position": scope.position,
        "until": asked.until,
        "since": asked.since,
        "currency": asked.currency,
        "customer_id": asked.customer_id,
        "ledger_accounts": list(codes),
        "gl_codes": list(codes.values()),
    }


def gl_codes() -> dict[str, str]:
    """The general-ledger code of every account. No account can change its own yet."""
    return {account.value: code for account, code in DEFAULT_GL_CODES.items()}


def own(alias: str) -> str:
    """SQL: rows of the scope's account and generation, known at its position."""
    return (
        f"{alias}.account_id = %(account_id)s AND {alias}.generation = %(generation)s"
        f" AND {alias}.from_position <= %(position)s"
    )


def same_books(alias: str, other: str) -> str:
    """SQL: two tables joined within one account and generation."""
    return f"{alias}.account_id = {other}.account_id AND {alias}.generation = {other}.generation"


def in_currency(alias: str) -> str:
    return f"(%(currency)s::text IS NULL OR {alias}.currency = %(currency)s)"


def of_customer(alias: str) -> str:
    return f"(%(customer_id)s::text IS NULL OR {alias}.customer_id = %(customer_id)s)"
