"""Long words stay within their column, and are as they were typed when they are copied out."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from papers.invoice import invoice_sheet
from tests.papers.test_papers import BUYER, PRESS, invoice, line, pages, parties, said

URL = "https://example.org/invoices/2026/overview.html?customer=4711&period=2026-01"
IBAN = "DE8937040044053201300012345678901234"
MAIL = "augusta.ada.lovelace@analytical-engines.example"


@pytest.mark.parametrize("word", [URL, IBAN, MAIL, "PO-" + "ABCD0123" * 4])
def test_what_fits_is_copied_as_it_was_typed(word) -> None:
    assert word in said(invoice(notes=f"For details see {word} please."))


@pytest.mark.parametrize("word", ["X" * 400, URL * 9, "ا" * 300, "é" * 200])
def test_what_is_wider_than_its_column_has_nothing_between_its_pieces(word) -> None:
    for told in (
        invoice(notes=word), invoice(purchase_order=word), invoice([line(description=word)]),
        invoice(parties=parties(seller=BUYER.__class__(names=(word,)))),
    ):  # fmt: skip
        found = said(told)
        assert not set(found) & set("\u200b\xad\u2010")
        if word.isascii():  # others are told in the order in which they are seen
            assert word in "".join(found.split())


def test_an_address_in_the_middle_of_a_line_goes_to_the_next_whole() -> None:
    (found,) = pages(invoice(notes=f"{'word ' * 14}{MAIL} and more"))
    assert MAIL in found


def test_nothing_stands_beyond_the_edge() -> None:
    told = invoice([line(description=IBAN * 5)], purchase_order=IBAN * 3, notes=URL * 8)
    (page,) = PdfReader(io.BytesIO(PRESS.pdf(invoice_sheet(told)))).pages
    right = []
    page.extract_text(visitor_text=lambda text, cm, tm, *_: right.append(tm[4]))
    assert max(right) < page.mediabox.width


def test_scripts_without_spaces_fill_their_lines() -> None:
    (found,) = pages(invoice(notes="Hi " + "请尽快付款谢谢" * 20))
    first = next(row for row in found.splitlines() if row.startswith("Hi "))
    assert len(first) > 40
