"""The account's logo as a request's field: a picture that papers can show."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from domain.shared.errors import Invalid
from papers.logos import LARGEST, LONGEST, BadLogo, picture_in
from papers.press import Press, require_printable


def _logo(setting: str) -> str:
    if "\x00" in setting:
        raise PydanticCustomError("not_allowed", "may not contain a null character")
    if any("\ud800" <= each <= "\udfff" for each in setting[:_LONGEST_ADDRESS]):
        raise PydanticCustomError("not_unicode", "holds half a character")
    if len(setting) > LONGEST:
        kib = {"most": LARGEST // 1024}
        raise PydanticCustomError("invalid_logo", "has at most {most} KiB", kib)
    if not setting.startswith("data:") and len(setting) > _LONGEST_ADDRESS:
        raise PydanticCustomError("too_long", "has at most 5000 characters")
    try:
        picture_in(setting)
    except BadLogo as bad:
        raise PydanticCustomError("invalid_logo", "{why}", {"why": str(bad)}) from None
    return setting


_LONGEST_ADDRESS = 5000
Logo = Annotated[
    str,
    AfterValidator(_logo),
    WithJsonSchema({
        "type": "string",
        "description": "A data URI of PNG, JPEG or SVG of up to 100 KiB, shown on papers; the "
        "address of a picture elsewhere is kept and never fetched",
        "maxLength": _LONGEST_ADDRESS,
        "pattern": r"^(?!data:)[^\u0000]*$",
    }),
]  # fmt: skip


def require_logo(press: Press, logo: str) -> None:
    """Raises Invalid `invalid_logo` for a picture that turns out to be broken."""
    try:
        require_printable(press, logo)
    except BadLogo as bad:
        raise Invalid.one("logo", "invalid_logo", str(bad)) from None
