"""Sets sheets with Typst: the same sheet gives the same bytes, on any machine at any time."""

from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from queue import Empty, LifoQueue
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any
from weakref import finalize

import orjson
import typst

from papers.logos import BadLogo, picture_in
from papers.sheet import Frame
from papers.told import Parties, Party

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEMPLATE_VERSION = 3
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

_OF_FIRST_FONT = re.compile(
    "[\x00-\u024f\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff"
    "\u0400-\u052f\u2009\u200b\u2013\u2014\u2018-\u201a\u201c-\u201e\u2022\u2026\u202f\u20ac\u2212]*"
)
"""What needs no other font: looking through all of them takes an eighth of a sheet's time."""


class Press:
    """One for a process. Fonts are read at its first sheet; each thread has a table then."""

    def __init__(self) -> None:
        self._idle: LifoQueue[_Table] = LifoQueue()

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
        with self._table() as table:
            set_as = table.compiler.compile(
                format="pdf", sys_inputs=table.inputs(sheet), timestamp=0
            )  # fmt: skip
        if not isinstance(set_as, bytes):
            raise TypeError("a PDF is one file")
        return set_as

    def pictures(self, sheet: Mapping[str, Any], dots_per_inch: float = 90) -> list[bytes]:
        """Its pages as PNG."""
        with self._table() as table:
            inputs = table.inputs(sheet)
            pages = table.compiler.compile(format="png", sys_inputs=inputs, ppi=dots_per_inch)
        return pages if isinstance(pages, list) else [pages or b""]

    @contextmanager
    def _table(self) -> Iterator[_Table]:
        """A table is one's at a time; after a failure it is as good as before."""
        try:
            table = self._idle.get_nowait()
        except Empty:
            table = _Table()
        try:
            yield table
        finally:
            self._idle.put(table)


class _Table:
    """A compiler with a folder of its own: the template, and the logo of the last sheet.

    A picture is a file because as text among the inputs it takes longer than all the rest of the
    sheet; unchanged it is read and packed once.
    """

    def __init__(self) -> None:
        root = Path(mkdtemp(prefix="papers-"))
        finalize(self, rmtree, root, ignore_errors=True)
        template = resources.files("papers").joinpath("paper.typ").read_bytes()
        (root / "paper.typ").write_bytes(template)
        self._root, self._logo = root, root / "none"
        self.compiler = typst.Compiler(root / "paper.typ", root=root, font_paths=_fonts())

    def inputs(self, sheet: Mapping[str, Any]) -> dict[str, str]:
        logo = sheet["logo"]
        if logo is not None:
            logo = {"format": logo["format"], "alt": logo["alt"], "file": self._laid(logo)}
        text = orjson.dumps({**sheet, "logo": logo}).decode()
        fonts = FONTS[:1] if _OF_FIRST_FONT.fullmatch(text) else FONTS
        return {"paper": text, "fonts": orjson.dumps(fonts).decode()}

    def _laid(self, logo: Mapping[str, Any]) -> str:
        digest = hashlib.sha256(logo["data"]).hexdigest()
        file = self._root / f"{digest}.{logo['format']}"
        if file != self._logo:
            self._logo.unlink(missing_ok=True)
            file.write_bytes(logo["data"])
            self._logo = file
        return file.name


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


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(resources.files(package)) for package in _FONT_PACKAGES],
    )
