"""Other records named by the ids of the system an account came from, wherever ours may stand.

`plan_old_provider_id` beside `plan_id`, in every body that declares it: turned into our id here, so
that no command knows of it.
"""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from api.fields import OldId
from domain.shared.errors import FieldError, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from domain.application import Books

FAMILIES: Mapping[str, str] = {
    "customer": "cus",
    "organization": "org",
    "product": "prod",
    "plan": "plan",
    "subscription": "sub",
    "invoice": "inv",
    "address": "adr",
    "shipping_address": "adr",
}
"""A reference without its `_id`, and the kind of record it names."""

SUFFIX = "_old_provider_id"
_BOTH = {stem: {f"{stem}_id", f"{stem}{SUFFIX}"} for stem in FAMILIES}
_OLD_ID: TypeAdapter[str] = TypeAdapter(OldId)
Owners = dict[tuple[str, str], str]


class Place(NamedTuple):
    """Where an old id was given: `path` leads to its `holder` in the request. `kept` is a
    reference that cannot be cleared.
    """

    holder: dict[str, Any]
    stem: str
    path: str = ""
    kept: bool = False

    @property
    def family(self) -> str:
        return FAMILIES[self.stem]

    @property
    def old_id(self) -> Any:
        return self.holder[f"{self.stem}{SUFFIX}"]


def in_body(
    books: Books, model: type[BaseModel], read: dict[str, Any]
) -> tuple[dict[str, Any], list[FieldError]]:
    """The body with our ids, and what was wrong with the others'."""
    if not any(_places(model, read)):
        return read, []
    named = deepcopy(read)
    return named, _name(books, list(_places(model, named)))


def named_twice(query: Mapping[str, str]) -> list[str]:
    """The stems of what is named by both of its ids."""
    return [stem for stem, both in _BOTH.items() if query.keys() >= both]


def require_agreeing(books: Books, query: Mapping[str, str], twice: Iterable[str]) -> None:
    """Lists know old ids themselves. Raises Invalid where the two ids of one of `twice` are not of
    the same record.
    """
    named = dict(query)
    wrong = _name(books, [Place(named, stem) for stem in twice])
    if wrong:
        raise Invalid(tuple(wrong))


class Shape(NamedTuple):
    """Of a body: the old ids it may have by their stems, and its lists of bodies."""

    stems: tuple[str, ...]
    lists: tuple[tuple[str, type[BaseModel]], ...]


@cache
def shape_of(model: type[BaseModel]) -> Shape:
    stems = [name.removesuffix(SUFFIX) for name in model.model_fields if name.endswith(SUFFIX)]
    nested = [(name, _model_in(field.annotation)) for name, field in model.model_fields.items()]
    lists = [(name, inner) for name, inner in nested if inner is not None]
    return Shape(tuple(stem for stem in stems if stem in FAMILIES), tuple(lists))


def _places(model: type[BaseModel], read: dict[str, Any], path: str = "") -> Iterator[Place]:
    """Those that the model declares; what is not text of the right length it will refuse itself."""
    shape = shape_of(model)
    for stem in shape.stems:
        name = f"{stem}{SUFFIX}"
        if name in read and _readable(read[name]):
            yield Place(read, stem, path, _kept(model, stem))
    for name, nested in shape.lists:
        given = read.get(name)
        for at, each in enumerate(given if isinstance(given, list) else ()):
            if isinstance(each, dict):
                yield from _places(nested, each, f"{path}{name}[{at}].")


def _kept(model: type[BaseModel], stem: str) -> bool:
    ours = model.model_fields.get(f"{stem}_id")
    return ours is not None and NoneType not in get_args(ours.annotation)


def _readable(given: Any) -> bool:
    try:
        return given is None or bool(_OLD_ID.validate_python(given, strict=True))
    except ValidationError:
        return False


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _name(books: Books, places: list[Place]) -> list[FieldError]:
    owners = _owners(books, places)
    return [wrong for place in places if (wrong := _put(place, owners)) is not None]


def _owners(books: Books, places: Iterable[Place]) -> Owners:
    wanted: dict[str, set[str]] = defaultdict(set)
    for place in places:
        if place.old_id is not None:
            wanted[place.family].add(place.old_id)
    return {
        (family, old_id): books.ref_of(owner, family)
        for family, old_ids in wanted.items()
        for old_id, owner in books.owners_of(f"{family}.old_provider_id", sorted(old_ids)).items()
    }


def _put(place: Place, owners: Owners) -> FieldError | None:
    """Our id in the other's stead. Null clears, as it does for ours, where ours may be null."""
    holder, ours, theirs = place.holder, f"{place.stem}_id", f"{place.stem}{SUFFIX}"
    old_id = holder.pop(theirs)
    if old_id is None:
        if not place.kept:
            holder.setdefault(ours, None)
        return None
    found = owners.get((place.family, old_id))
    sent = holder.get(ours)
    if sent is None or found is None:
        holder[ours] = found or "unknown"
    if found is None:
        return FieldError(f"{place.path}{theirs}", "not_found", "no such record")
    if isinstance(sent, str) and sent != found:
        detail = "the two ids name different records"
        return FieldError(f"{place.path}{ours}", "reference_mismatch", detail)
    return None
