"""Sets sheets with Typst: the same sheet gives the same bytes, on any machine at any time."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any

import orjson
import typst

from papers.logos import BadLogo, picture_in
from papers.sheet import Frame
from papers.told import Parties, Party

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEMPLATE_VERSION = 1
"""Raised with every change of what a sheet comes out as; kept with each paper that was sent."""

_FONT_PACKAGES = ("manimgx_fonts", "cvttf_NotoSansCJK_Regular")
FONTS = (
    "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans CJK TC", "Noto Sans Symbols",
    "Noto Sans Devanagari", "Noto Sans Thai", "Noto Sans Bengali", "Noto Sans Tamil",
    "Noto Sans Telugu", "Noto Sans Kannada", "Noto Sans Malayalam", "Noto Sans Gujarati",
    "Noto Sans Gurmukhi", "Noto Sans Oriya", "Noto Sans Sinhala", "Noto Sans Khmer",
    "Noto Sans Lao", "Noto Sans Myanmar", "Noto Sans Ethiopic", "Noto Sans Armenian",
    "Noto Sans Georgian", "Noto Emoji",
)  # fmt: skip
"""In the order in which they are asked for a letter. Nothing is taken from the machine."""


class Press:
    """One for a process. Fonts are read at its first sheet; each thread has a compiler then."""

    def __init__(self) -> None:
        self._idle: LifoQueue[typst.Compiler] = LifoQueue()

    def pdf(self, sheet: Mapping[str, Any]) -> bytes:
        """A tagged PDF: a screen reader finds its headings and tables."""
        try:
            return self.exactly(sheet)
        except typst.TypstError:
            if sheet["logo"] is None:
                raise
        return self.exactly({**sheet, "logo": None})  # a picture that only looks like one

    def exactly(self, sheet: Mapping[str, Any]) -> bytes:
        """The sheet with its logo, or TypstError."""
        with self._compiler() as compiler:
            set_as = compiler.compile(format="pdf", sys_inputs=_inputs(sheet), timestamp=0)
        if not isinstance(set_as, bytes):
            raise TypeError("a PDF is one file")
        return set_as

    def pictures(self, sheet: Mapping[str, Any], dots_per_inch: float = 90) -> list[bytes]:
        """Its pages as PNG."""
        with self._compiler() as compiler:
            pages = compiler.compile(format="png", sys_inputs=_inputs(sheet), ppi=dots_per_inch)
        return pages if isinstance(pages, list) else [pages or b""]

    @contextmanager
    def _compiler(self) -> Iterator[typst.Compiler]:
        """A compiler works for one at a time; after a failure it is as good as before."""
        try:
            compiler = self._idle.get_nowait()
        except Empty:
            compiler = _new_compiler()
        try:
            yield compiler
        finally:
            self._idle.put(compiler)


def require_printable(press: Press, setting: str) -> None:
    """Raises BadLogo for a picture that cannot be set, whatever it says that it is."""
    if picture_in(setting) is None:
        return
    parties = Parties(
        seller=Party(names=("–",)), buyer=Party(names=("–",)), language=None, timezone="UTC",
        logo=setting,
    )  # fmt: skip
    sheet = Frame(parties, "USD").sheet("invoice", None, facts=[], totals=[], headline=_NOTHING)
    try:
        press.exactly(sheet)
    except typst.TypstError:
        raise BadLogo("cannot be read as the picture that it says it is") from None


_NOTHING = {"amount": "", "about": None}


def _inputs(sheet: Mapping[str, Any]) -> dict[str, str]:
    return {"paper": orjson.dumps({**sheet, "fonts": FONTS}).decode()}


def _new_compiler() -> typst.Compiler:
    folder = Path(str(resources.files("papers")))
    return typst.Compiler(folder / "paper.typ", root=folder, font_paths=_fonts())


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(resources.files(package)) for package in _FONT_PACKAGES],
    )
