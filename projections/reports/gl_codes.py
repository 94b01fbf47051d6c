"""The general-ledger code of each account of the chart, as the settings said at a position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.accounts.account import Account
from domain.ledger.chart import gl_codes_with
from projections.log import read_streams

if TYPE_CHECKING:
    from projections.reading import Reading


def gl_codes(reading: Reading, position: int) -> dict[str, str]:
    """Read from the log itself: what a report shows as known then must not change afterwards."""
    own: dict[str, str] = {}
    account = reading.account_id
    for each in read_streams(reading.cursor, account, [account], position):
        if isinstance(each.event, Account.Updated):
            own = each.event.changes.get("gl_codes", own)  # type: ignore[assignment]
    return gl_codes_with(own)
