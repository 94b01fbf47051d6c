"""Our ids in a body that name nothing: those known at once, and, for a refusal, all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from api.references import FAMILIES, shape_of
from domain.shared.errors import FieldError, Invalid
from domain.shared.identifiers import MalformedId, uuid_of
from projections.resources import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from uuid import UUID

    from pydantic import BaseModel

    from domain.application import Books
    from domain.shared.aggregate import Aggregate

_OURS = {**FAMILIES, "payment_method": "pm", "coupon": "cpn"}
_KINDS = {
    kind.prefix: kind.view.aggregate for kind in BY_NAME.values() if kind.prefix in _OURS.values()
}


class Named(NamedTuple):
    """An id in a body, by its path there."""

    path: str
    stem: str
    sent: str

    @property
    def id(self) -> UUID:
        """Raises MalformedId."""
        return uuid_of(self.sent, _OURS[self.stem])

    @property
    def kind(self) -> type[Aggregate]:
        return _KINDS[_OURS[self.stem]]

    @property
    def wrong(self) -> FieldError:
        detail = f"there is no {self.stem} {self.sent[:100]!a}"
        return FieldError(self.path, "not_found", detail)


def at_first(
    model: type[BaseModel], read: Mapping[str, Any], among: Container[UUID], there: Container[UUID]
) -> list[FieldError]:
    """Ids of another form, and those `among` which it was looked what is `there`. Of the others
    the command finds out.
    """
    return [each.wrong for each in _own(model, read, "") if _is_unknown(each, among, there)]


def _is_unknown(named: Named, among: Container[UUID], there: Container[UUID]) -> bool:
    try:
        found = named.id
    except MalformedId:
        return True
    return found in among and found not in there


def with_all(
    refusal: Invalid, books: Books, model: type[BaseModel], read: Mapping[str, Any]
) -> Invalid:
    """A refusal with all that the body names and is not there, by a query for each kind."""
    if type(refusal) is not Invalid:
        return refusal
    told = {each.field for each in refusal.fields}
    nothing = [each.wrong for each in _unknown(books, _named(model, read))]
    besides = [each for each in nothing if each.field not in told]
    return Invalid((*refusal.fields, *besides)) if besides else refusal


def _unknown(books: Books, named: Iterable[Named]) -> Iterator[Named]:
    wanted: dict[type[Aggregate], list[Named]] = {}
    for each in named:
        try:
            each.id  # noqa: B018 - whether it is one
        except MalformedId:
            yield each
        else:
            wanted.setdefault(each.kind, []).append(each)
    for kind, mine in wanted.items():
        found = books.load_known(kind, list(dict.fromkeys(each.id for each in mine)))
        there = {each for each, it in found.items() if type(it) is kind and not _deleted(it)}
        yield from (each for each in mine if each.id not in there)


def _deleted(found: Aggregate) -> bool:
    return bool(getattr(found, "deleted", False))


def _named(model: type[BaseModel], read: Mapping[str, Any], path: str = "") -> Iterator[Named]:
    """Those that the model declares, in the bodies within it too."""
    yield from _own(model, read, path)
    for name, nested in shape_of(model).lists:
        given = read.get(name)
        if isinstance(given, dict):
            yield from _named(nested, given, f"{path}{name}.")
        for at, each in enumerate(given if isinstance(given, list) else ()):
            if isinstance(each, dict):
                yield from _named(nested, each, f"{path}{name}[{at}].")


def _own(model: type[BaseModel], read: Mapping[str, Any], path: str) -> Iterator[Named]:
    for stem in _OURS:
        name = f"{stem}_id"
        sent = read.get(name) if name in model.model_fields else None
        if isinstance(sent, str):
            yield Named(f"{path}{name}", stem, sent)
