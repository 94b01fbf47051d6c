"""A view that can be made to break."""

from __future__ import annotations

from projections import customers


class Fragile:
    """The customers' view, breaking on one e-mail until it is mended."""

    name = "fragile"
    tables = customers.VIEW.tables
    topics = customers.VIEW.topics

    def __init__(self, poison):
        self.poison = poison

    def fold(self, work, events):
        if any(getattr(each.event, "email", None) == self.poison for each in events):
            raise LookupError("cannot read this customer")
        customers.VIEW.fold(work, events)
