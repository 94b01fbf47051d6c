"""What a refusal's `code` means: one table for the answers' `type` and the page it leads to."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTION = "errors"
"""Where the page lists them."""


@cache
def meanings() -> Mapping[str, str]:
    """By code, in the order of the alphabet."""
    text = resources.files("api").joinpath("codes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def address_of(code: str) -> str:
    """Where it is told. A code that HTTP or a library gives is told by the list as a whole."""
    return f"/docs#{code if code in meanings() else SECTION}"
