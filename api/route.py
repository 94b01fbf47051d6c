"""What a route is: an address, who may use it, what it takes and what it answers with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from api.fields import Body, Nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from store.kin import Kin


class Key(Enum):
    """Whether a write takes an Idempotency-Key, or has to have one."""

    ACCEPTED = "accepted"
    REQUIRED = "required"


class Shape(Enum):
    """What a read answers with."""

    ITEM = "item"
    LIST = "list"
    REPORT = "report"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`kind` is what it answers with: a resource of the projections or of `api.views`, or, of what
    is neither, the name. `rule` is a permission of `api.rules`,
    as `products:write`, or PUBLIC.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    kind: Any
    rule: str | None
    summary: str

    @property
    def name(self) -> str:
        """The resource's name, as in its `object` field."""
        return self.kind if isinstance(self.kind, str) else self.kind.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Route):
    """`parameters` are the names of the query's, for the OpenAPI page. `beside` are further lists
    in the answer, with what they are of. `media` are the content types of a file; none: a table's.
    `conflicts`: not every state of it can be shown so.
    """

    shape: Shape
    parameters: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    media: tuple[str, ...] = ()
    conflicts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked(Route):
    """A file for whoever has its link: what stands in the query is the right to it.

    `handler` makes the responder from the services.
    """

    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed(Linked):
    """What somebody sends without a key: its signature lets it in. `handler` as of `Linked`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Route):
    """`pays`: a decline is the answer 402 rather than part of the resource. `deletes`: what it
    answers with is not shown any more. `kin` is loaded with what the address names. `bearer` tells
    who asks, of a public route, by its body. `many`: it answers with a list where the body names
    one. `waits`: what it answers may wait for somebody else (202), as where it `pays`. `alone`:
    nothing but appends comes of it, so that a caller known from before is asked for
    with the first of them.
    """

    body: type[Body] = Nothing
    status: int = 200
    key: Key = Key.ACCEPTED
    pays: bool = False
    deletes: bool = False
    bearer: Callable[..., Any] | None = None
    many: bool = False
    waits: bool = False
    alone: bool = False
    kin: Kin | None = None

    @property
    def unfinished(self) -> bool:
        """Whether it may be answered before all of it has happened."""
        return self.pays or self.waits
