"""The tenant's settings that other rules read."""

from __future__ import annotations

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.facts import event


class Account(Aggregate):
    """Its id is the account's id. Settings left out at creation take these defaults."""

    TOPIC = "account"
    prefix = "acct"

    class Created(Aggregate.Created):
        TOPIC = "account.created"
        name: str
        livemode: bool
        timezone: str
        currency: str
        invoice_prefix: str = "INV-"
        days_until_due: int = 30
        grace_days: int = 3
        incomplete_days: int = 7

    def __init__(
        self,
        *,
        name: str,
        livemode: bool,
        timezone: str,
        currency: str,
        invoice_prefix: str,
        days_until_due: int,
        grace_days: int,
        incomplete_days: int,
    ) -> None:
        self.name = name
        self.livemode = livemode
        self.timezone = timezone
        self.currency = currency
        self.invoice_prefix = invoice_prefix
        self.days_until_due = days_until_due
        self.grace_days = grace_days
        self.incomplete_days = incomplete_days

    class Updated(Aggregate.Event):
        TOPIC = "account.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)
