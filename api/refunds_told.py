"""What is told of a refund that was asked for: all that it came to, one for each card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import views
from projections.refunds import REFUNDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from api.call import Call
    from api.route import Write
    from api.views import Shown


def with_all(
    call: Call, route: Write, answer: Mapping[str, Any], position: int, refund: Shown
) -> Shown:
    """The first of them, with the list of them; each as of the answer's position."""
    if route.kind is not REFUNDS:
        return refund
    refs = answer.get("refunds") or [answer["id"]]
    shown = [refund] if len(refs) == 1 else [
        views.one_as_of(call, REFUNDS, ref, position).resource for ref in refs
    ]  # fmt: skip
    return {**refund, "refunds": shown}
