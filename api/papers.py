"""Papers as they are sent: of each state of a document the one that was sent of it first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from papers.credit_note import credit_note_sheet
from papers.invoice import invoice_sheet
from papers.press import TEMPLATE_VERSION
from papers.receipt import receipt_sheet
from papers.state import state_of
from projections.groups import RESOURCES
from projections.paper_documents import credit_notes_told, receipts_told
from projections.papers import invoices_told
from projections.papers_there import require_credit_notes, require_invoices, require_receipts
from projections.reading import reading
from store import papers as kept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from api.services import Services
    from projections.reading import Reading


@dataclass(frozen=True, slots=True)
class Kind:
    """`told` reads what papers of this kind say, in the order of the refs; `sheet` writes it.
    `require` raises for what has no paper, naming all of it.
    """

    name: str
    require: Callable[[Reading, Sequence[str]], None]
    told: Callable[[Reading, Sequence[str]], Sequence[Any]]
    sheet: Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Paper:
    """`name` is the file's, without what a file system could take amiss."""

    name: str
    data: bytes


INVOICE = Kind("invoice", require_invoices, invoices_told, invoice_sheet)
RECEIPT = Kind("payment", require_receipts, receipts_told, receipt_sheet)
CREDIT_NOTE = Kind("credit_note", require_credit_notes, credit_notes_told, credit_note_sheet)


def told_of(
    services: Services, account_id: UUID, kind: Kind, refs: Sequence[str]
) -> tuple[Sequence[Any], Reading]:
    """What the papers say, and the reading that says it. Raises NotFound."""
    with reading(services.connections, account_id, RESOURCES) as now:
        return kind.told(now, refs), now


def printed(
    services: Services, account_id: UUID, kind: Kind, refs: Sequence[str], told: Sequence[Any]
) -> list[Paper]:
    """In the order of the refs. What is new is kept; that all of it is sent is noted."""
    by_ref = dict(zip(refs, told, strict=True))
    states = {ref: state_of(each) for ref, each in by_ref.items()}
    with services.connections.connection() as connection:
        data = kept.of_states(connection, account_id, states)
    for ref in by_ref.keys() - data.keys():
        data[ref] = services.press.pdf(kind.sheet(by_ref[ref]))
    with services.connections.connection() as connection:
        kept.keep(
            connection, account_id, [(ref, states[ref], data[ref]) for ref in by_ref],
            kind=kind.name, template_version=TEMPLATE_VERSION,
        )  # fmt: skip
    return [Paper(_file_name(ref, by_ref[ref].number), data[ref]) for ref in refs]


def _file_name(ref: str, number: str | None) -> str:
    return f"{(number or ref).replace('/', '-')}.pdf"
