"""What is loaded with something that is named, and is found by what the views show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from store import snapshots, streams
from store.exchange import Asked

if TYPE_CHECKING:
    from uuid import UUID

    from domain.shared.aggregate import Aggregate


class Kin(NamedTuple):
    """Aggregates of a kind that keeps snapshots: `ids` is a query of their uuids, of the account
    `%(account)b` and of the typed id `%(of)b`.
    """

    kind: type[Aggregate]
    ids: str


def asked(account_id: UUID, kin: Kin, of: str) -> Asked:
    """What `streams.histories_after_snapshots` reads the answer of."""
    once = f"({kin.ids} OFFSET 0)"  # else what a uuid is reckoned from is reckoned for each event
    bound = {"account": account_id, "topic": snapshots.snapshot_topic(kin.kind), "of": of}
    return Asked(streams.after_snapshots(once), bound)
