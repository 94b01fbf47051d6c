"""What finance asks, as of a date and as known at an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.shared.errors import NotFound

if TYPE_CHECKING:
    from api.call import Call
    from api.views import Download, Reported

NAMES: tuple[str, ...] = ()


def show(call: Call) -> Reported | Download:
    raise NotFound(detail="reports come with the ledger")


def download(call: Call, name: str, form: str) -> Download:
    raise NotFound(detail="reports come with the ledger")
