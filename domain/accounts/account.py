"""The tenant's settings that other rules read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective, merged_metadata
from domain.shared.errors import NotAllowed
from domain.shared.facts import event

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


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
        billing_engine: str = "native"
        dunning_days: tuple[int, ...] = (1, 3, 5, 7)
        dunning_end: str = "unpaid"
        balance_auto_apply: str = "on_issue"
        bad_debt_tax_relief: bool = True
        invoice_numbering: str = "continuous"

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
        billing_engine: str,
        dunning_days: tuple[int, ...],
        dunning_end: str,
        balance_auto_apply: str,
        bad_debt_tax_relief: bool,
        invoice_numbering: str,
    ) -> None:
        self.name = name
        self.livemode = livemode
        self.timezone = timezone
        self.currency = currency
        self.invoice_prefix = invoice_prefix
        self.days_until_due = days_until_due
        self.grace_days = grace_days
        self.incomplete_days = incomplete_days
        self.billing_engine = billing_engine
        self.dunning_days = list(dunning_days)
        self.dunning_end = dunning_end
        self.balance_auto_apply = balance_auto_apply
        self.bad_debt_tax_relief = bad_debt_tax_relief
        self.invoice_numbering = invoice_numbering
        self.legal_name: str | None = None
        self.address: dict[str, str | None] | None = None
        self.tax_id: str | None = None
        self.logo: str | None = None
        self.gl_codes: dict[str, str] = {}

    class Updated(Aggregate.Event):
        TOPIC = "account.updated"
        changes: Changes

    def update(self, sent: Mapping[str, Any]) -> None:
        """Any of the settings. Of `gl_codes` those named change; a null takes the chart's again."""
        wanted = dict(sent)
        if "gl_codes" in wanted:
            wanted["gl_codes"] = merged_metadata(self.gl_codes, wanted["gl_codes"])
        changed = effective(self, wanted)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    def invoice_series(self, on: date) -> str:
        """What the number of an invoice issued that day begins with: of one series that goes on,
        or of that year's."""
        if self.invoice_numbering == "yearly":
            return f"{self.invoice_prefix}{on.year}-"
        return self.invoice_prefix

    def require_native_engine(self, feature: str) -> None:
        """Raises NotAllowed `billing_engine_required` where another system bills."""
        if self.billing_engine != "native":
            detail = f"{feature} needs the account's billing_engine to be native"
            raise NotAllowed("billing_engine_required", detail)
