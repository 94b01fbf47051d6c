"""An account's logo: a small picture inside its setting, held to what can be set safely.

It is a data URI of PNG, JPEG or SVG. Nothing is ever fetched: the address of a picture elsewhere
may be kept in the setting, and papers then show the account's name in its place.
"""

from __future__ import annotations

import binascii
import re
import sys
from base64 import b64decode
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

LARGEST = 100 * 1024
"""Octets of a picture."""

LONGEST = 4 * LARGEST // 3 + 100
"""Characters of the setting."""

_MOST_PIXELS = 4000
_URI = re.compile(r"data:image/(png|jpeg|svg\+xml)((?:;[a-z0-9=-]+)*?)(;base64)?,(.*)", re.DOTALL)
_SHAPES = frozenset({
    "svg", "g", "defs", "title", "desc", "metadata", "path", "rect", "circle", "ellipse", "line",
    "polyline", "polygon", "linearGradient", "radialGradient", "stop", "clipPath", "style",
})  # fmt: skip
"""What an SVG may be made of: nothing that repeats, embeds, fetches or runs. Text is paths."""

_REFERS = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression", re.IGNORECASE)


_ESCAPED = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
"""A character of CSS by its number, or as it stands (CSS Syntax, section 4.3.7)."""

_STYLE_SHEET = b"<?xml-stylesheet"


class BadLogo(Exception):
    """Says what a logo has to be."""


class Picture(NamedTuple):
    format: str
    data: bytes


def picture_in(setting: str) -> Picture | None:
    """None for what is no data URI. Raises BadLogo."""
    if not setting.startswith("data:"):
        return None
    found = _URI.fullmatch(setting)
    if found is None:
        raise BadLogo("is a data URI of image/png, image/jpeg or image/svg+xml")
    kind, data = found[1], _decoded(found[4], base64=bool(found[3]))
    if len(data) > LARGEST:
        raise BadLogo(f"has at most {LARGEST // 1024} KiB")
    {"png": _require_png, "jpeg": _require_jpeg, "svg+xml": _require_svg}[kind](data)
    return Picture({"png": "png", "jpeg": "jpg", "svg+xml": "svg"}[kind], data)


@lru_cache(maxsize=64)
def printable(setting: str | None, name: str) -> dict[str, Any] | None:
    """As the template takes it; None where there is none to be shown."""
    try:
        picture = None if setting is None else picture_in(setting)
    except BadLogo:  # kept before pictures were checked
        return None
    if picture is None:
        return None
    return {"format": picture.format, "data": picture.data, "alt": name}


def _decoded(text: str, *, base64: bool) -> bytes:
    if not base64:
        return unquote_to_bytes(text)
    try:
        return b64decode(text, validate=True)
    except binascii.Error:
        raise BadLogo("is not base64 as it says") from None


def _require_png(data: bytes) -> None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR":
        raise BadLogo("is no PNG")
    _require_small(int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))


def _require_jpeg(data: bytes) -> None:
    """Source of the segments: ITU-T T.81, annex B."""
    at = 2
    while data.startswith(b"\xff\xd8\xff") and at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = data[at + 5 : at + 7], data[at + 7 : at + 9]
            _require_small(int.from_bytes(width), int.from_bytes(height))
            return
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    raise BadLogo("is no JPEG")


def _require_small(*sides: int) -> None:
    if not all(1 <= side <= _MOST_PIXELS for side in sides):
        raise BadLogo(f"has at most {_MOST_PIXELS} pixels a side")


def _require_svg(data: bytes) -> None:
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise BadLogo("is no SVG without a document type") from None
    if _STYLE_SHEET in data.replace(b"\0", b""):  # in UTF-16 too
        raise BadLogo("may not refer to anything outside itself")
    if _name(root.tag) != "svg":
        raise BadLogo("is no SVG")
    for said in _unsafe(root):
        raise BadLogo(said)


def _unsafe(root: Element) -> Iterator[str]:
    for element in root.iter():
        if _name(element.tag) not in _SHAPES:
            yield f"may not hold <{_name(element.tag)[:40]}>: only shapes, with text as paths"
        for name, value in element.attrib.items():
            if _name(name).startswith("on") or (_name(name) == "href" and value[:1] != "#"):
                yield f"may not hold the attribute {_name(name)[:40]}"
            if _refers(value):
                yield "may not refer to anything outside itself"
        if _refers("".join(element.itertext())):
            yield "may not refer to anything outside itself"


def _refers(css: str) -> bool:
    """As it is written, or as it is read."""
    return any(_REFERS.search(each) for each in (css, _ESCAPED.sub(_unescaped, css)))


def _unescaped(escaped: re.Match[str]) -> str:
    if escaped[1] is None:
        return escaped[2]
    number = int(escaped[1], 16)
    return chr(number) if number <= sys.maxunicode else "\ufffd"


def _name(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
