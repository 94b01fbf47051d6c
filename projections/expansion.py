"""What a resource refers to, nested into it: `customer` beside `customer_id`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from domain.shared.errors import FieldError, Invalid
from projections.resource import rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from projections.reading import Reading
    from projections.resource import Resource

Shown = dict[str, Any]
Load: TypeAlias = "Callable[[Resource[Any], set[str]], list[Shown]]"


def names_of(
    expand: str, resource: Resource[Any], resources: Mapping[str, Resource[Any]]
) -> Mapping[str, Resource[Any]]:
    """What each of the comma-separated names refers to. Raises Invalid naming every unknown one."""
    known = references(resource, resources)
    asked = [name.strip() for name in expand.split(",")]
    unknown = [name for name in asked if name not in known]
    if unknown:
        allowed = f"can expand {', '.join(known) or 'nothing'}"
        wrong = (
            FieldError("expand", "unknown_expansion", f"{name[:50]}: {allowed}") for name in unknown
        )
        raise Invalid(tuple(wrong))
    return {name: known[name] for name in asked}


def references(
    resource: Resource[Any], resources: Mapping[str, Resource[Any]]
) -> dict[str, Resource[Any]]:
    """Every `…_id` that the resource shows of another resource; `latest_invoice` is an invoice."""
    found = {}
    for column in resource.listing.sorts:
        name = column.removesuffix("_id")
        target = _target(name, resources) if name != column else None
        if target is not None:
            found[name] = target
    return found | {name: resources[each] for name, each in resource.expands.items()}


def _target(name: str, resources: Mapping[str, Resource[Any]]) -> Resource[Any] | None:
    """The longest kind is tried first: `payment_method` before `payment`."""
    kinds = sorted(resources.values(), key=lambda each: -len(each.kind))
    for each in kinds:
        if name == each.kind or name.endswith(f"_{each.kind}"):
            return each
    return None


def expand(shown: Sequence[Shown], names: Mapping[str, Resource[Any]], load: Load) -> None:
    """Put what `load` finds beside the ids; null where there is none."""
    for name, resource in names.items():
        refs = {ref for each in shown if (ref := each.get(f"{name}_id"))}
        found = {each["id"]: each for each in load(resource, refs)} if refs else {}
        for each in shown:
            each[name] = found.get(each.get(f"{name}_id"))


def now(reading: Reading) -> Load:
    """As the reading shows them."""

    def load(resource: Resource[Any], refs: set[str]) -> list[Shown]:
        rows = list(resource.table.load(reading, refs).values())
        return rendered(reading, resource, rows, livemode=reading.livemode)

    return load
