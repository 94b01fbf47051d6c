"""Text search: every word must occur somewhere in what a list looks through, in any case."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\%_])")


def words(sought: str) -> list[str]:
    """As patterns of LIKE that take each character as it is written."""
    return [f"%{_SPECIAL.sub(_escaped, word)}%" for word in sought.split()]


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def document(columns: tuple[str, ...]) -> str:
    """SQL of a condition on all columns at once, as the trigram index of `searchable` has them.

    A word holds no space, so it is never found across two columns.
    """
    return f"{searchable(columns)} LIKE lower({{}})"


def searchable(columns: tuple[str, ...]) -> str:
    """SQL of the one text: columns of `t`, absent ones empty."""
    texts = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
    return f"lower({texts})"


def anywhere(columns: tuple[str, ...]) -> str:
    """SQL of a condition on each column, where no index helps."""
    either = " OR ".join(f"{column} ILIKE {{0}}" for column in columns)
    return f"({either or 'false'})"
