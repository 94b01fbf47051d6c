"""Reads a request's body: its size, its type, its JSON, and its fields, all wrong ones at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from api.errors import Refused
from domain.shared.errors import FieldError, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LARGEST_BODY = 1024 * 1024
"""Octets."""

LONGEST_ADDRESS = 10_240
"""Octets of a request's first line: 300 ids with escaped commas between them. The server refuses
more before anybody here sees it."""

M = TypeVar("M", bound=BaseModel)

# The codes a caller sees, for those of the library's that say it less well.
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_type": "wrong_type",
    "int_type": "wrong_type",
    "bool_type": "wrong_type",
    "list_type": "wrong_type",
    "dict_type": "wrong_type",
    "model_type": "wrong_type",
    "string_unicode": "not_unicode",
    "literal_error": "not_allowed",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "greater_than_equal": "too_small",
    "greater_than": "too_small",
    "less_than_equal": "too_large",
    "less_than": "too_large",
    "int_parsing_size": "too_large",
}


def read_json(request: Any) -> dict[str, Any]:
    """The body's object; an absent body is an empty one. Raises Refused 400, 413 or 415."""
    raw = read_body(request)
    if not raw:
        return {}
    if (request.content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "unsupported_media_type", "send application/json")
    try:
        read = _DECODER.decode(raw.decode())
    except RecursionError:
        raise Refused(400, "unreadable_body", "not readable as JSON: nested too deep") from None
    except ValueError as wrong:
        raise Refused(400, "unreadable_body", f"not readable as JSON: {wrong}") from None
    if not isinstance(read, dict):
        raise Refused(400, "unreadable_body", "a JSON object is expected")
    return read


def read_body(request: Any) -> bytes:
    """As it was sent. Raises Refused 413."""
    if (request.content_length or 0) > LARGEST_BODY:
        raise _too_large()
    raw: bytes = stream_of(request).read(LARGEST_BODY + 1)
    if len(raw) > LARGEST_BODY:
        raise _too_large()
    return raw


def stream_of(request: Any) -> Any:
    """A body sent in chunks has no length; the server ends it, where it says that it does."""
    in_chunks = request.content_length is None and request.env.get("wsgi.input_terminated")
    return request.stream if in_chunks else request.bounded_stream


def _too_large() -> Refused:
    return Refused(413, "body_too_large", f"a body has at most {LARGEST_BODY} octets")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:100]!a} is given twice")
    return read


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def validated(
    model: type[M],
    read: Mapping[str, Any],
    context: Mapping[str, Any],
    besides: Iterable[FieldError] = (),
) -> M:
    """The model of what was read. Raises Invalid naming every wrong field, and those `besides`."""
    try:
        return model.model_validate(read, context=dict(context))
    except ValidationError as wrong:
        if any(_unreadable_name(name) for name in read):  # the library then looks no further
            named = {_shown(name): value for name, value in read.items()}
            return validated(model, named, context, besides)
        raise Invalid((*besides, *_told(wrong))) from None


def _unreadable_name(name: str) -> bool:
    return name != _shown(name)


def _shown(text: str) -> str:
    """Without halves of characters, which cannot be told back."""
    return text.encode(errors="replace").decode()


def _told(wrong: ValidationError) -> Iterable[FieldError]:
    for error in wrong.errors(include_url=False, include_input=False):
        kind = error["type"]
        yield FieldError(_named(error), _CODES.get(kind, kind), _detail(error))


def _named(error: Any) -> str:
    """Where fields do not go together, a validator of the whole body names the one; one of a field
    may say that its sibling is wrong.
    """
    at, about = error["loc"], error.get("ctx", {})
    if "sibling" in about:
        at = (*at[:-1], about["sibling"])
    return _path(at) or str(about.get("field", ""))


def _detail(error: Any) -> str:
    text: str = error["msg"]
    return "there is no such field" if error["type"] == "extra_forbidden" else text


def _path(places: Iterable[int | str]) -> str:
    """`("lines", 0, "unit_amount")` is `lines[0].unit_amount`."""
    path = ""
    for place in places:
        if isinstance(place, int):
            path += f"[{place}]"
        else:
            path += f".{place}" if path else place
    return _shown(path)[:200]
