"""Papers: the same bytes anywhere, nothing that people typed acts, every language, any length."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from string import Formatter
from time import process_time
from zlib import crc32

import pytest
from pypdf import PdfReader

import papers
from papers import press
from papers.invoice import invoice_sheet
from papers.logos import LARGEST, BadLogo, picture_in, printable
from papers.press import TEMPLATE_VERSION, Press, require_printable
from papers.state import state_of
from papers.told import InvoiceTold, LineTold, Movement, Parties, Party, Place
from papers.tongue import all_words, tongue_of
from papers.typed import typed

PRESS = Press()
SELLER = Party(
    names=("The Daily Paper Ltd.",), tax_id="GB1",
    place=Place(line1="1 Fleet Street", city="London", postal_code="EC4Y", country="GB"),
)  # fmt: skip
BUYER = Party(names=("Ada Lovelace",), email="ada@example.org")


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def parties(**other) -> Parties:
    usual = {"seller": SELLER, "buyer": BUYER, "language": "en", "timezone": "UTC"}
    return Parties(**{**usual, **other})


def line(**other) -> LineTold:
    usual = {
        "description": "Digital", "unit_amount": 3100, "quantity": 1, "amount": 3100, "tax": 310,
        "tax_rate": Decimal("0.10"), "period_start": at(1, 1), "period_end": at(2, 1),
    }  # fmt: skip
    return LineTold(**{**usual, **other})


def invoice(lines=(), **other) -> InvoiceTold:
    told = lines or [line()]
    net, tax = sum(each.amount for each in told), sum(each.tax for each in told)
    usual = {
        "number": "INV-1", "status": "open", "currency": "USD", "parties": parties(),
        "lines": told, "subtotal": net, "tax": tax, "total": net + tax, "amount_paid": 0,
        "balance_applied": 0, "credited": 0, "amount_remaining": net + tax,
        "issued_at": at(1, 1), "due_at": at(1, 31),
    }  # fmt: skip
    return InvoiceTold(**{**usual, **other})


def pages(told: InvoiceTold) -> list[str]:
    read = PdfReader(io.BytesIO(PRESS.pdf(invoice_sheet(told))))
    return [page.extract_text() for page in read.pages]


def said(told: InvoiceTold) -> str:
    return "\n".join(pages(told)).replace("\xa0", " ").replace("\u2009", " ")


SCRIPT = """
import hashlib, sys
from tests.papers import test_papers as papers
sheet = papers.invoice_sheet(papers.invoice(notes="مرحبا 日本 😀 שלום"))
sys.stdout.write(hashlib.sha256(papers.Press().pdf(sheet)).hexdigest())
"""


def test_another_process_sets_the_same_bytes() -> None:
    here = hashlib.sha256(PRESS.pdf(invoice_sheet(invoice(notes="مرحبا 日本 😀 שלום")))).hexdigest()
    root = Path(papers.__file__).parents[1]
    there = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, text=True, check=True,
        env={"TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert there.stdout == here


def test_a_changed_template_has_a_new_version() -> None:
    """The digest is of what sets sheets. Where it differs: raise TEMPLATE_VERSION, then it."""
    template = Path(papers.__file__).with_name("paper.typ").read_bytes()
    assert (TEMPLATE_VERSION, hashlib.sha256(template).hexdigest()[:12]) == (3, "0d13cee17e7c")


MARKUP = r"""#import "/etc/passwd": * #eval("1/0") $x^2$ *bold* _it_ `raw` <script>alert(1)</script>
\u{41} \\ = Heading - item @label https://example.org // /* ~ -- ' " {{7*7}} #read("paper.typ")"""


@pytest.mark.parametrize("field", ["notes", "purchase_order", "name", "description", "seller"])
def test_markup_is_shown_and_never_run(field) -> None:
    text = " ".join(MARKUP.split())
    told = {
        "notes": invoice(notes=MARKUP),
        "purchase_order": invoice(purchase_order=text),
        "name": invoice(parties=parties(buyer=Party(names=(text,)))),
        "description": invoice([line(description=text)]),
        "seller": invoice(parties=parties(seller=Party(names=(text,)))),
    }[field]
    shown = "".join(said(told).split())
    assert "".join(text.split()) in shown


@pytest.mark.parametrize(
    "text", ["\x00\x01\x1b[31m", "\u202eevil\u202c", "\ufeff", "a\u2028b\r\nc"]
)
def test_controls_do_nothing(text) -> None:
    assert PRESS.pdf(invoice_sheet(invoice(notes=text, purchase_order=text)))
    assert not set(typed(text)["text"]) & set("\x00\x01\x1b\u202e\u202c\u2028\r\n")


def test_5000_emoji_of_notes_run_over_pages() -> None:
    found = pages(invoice(notes="😀" * 5000))
    assert len(found) > 2
    assert sum(page.count("😀") for page in found) == 5000
    assert all("Page" in page for page in found)


def test_5000_letters_without_a_space_stay_on_the_page() -> None:
    read = PdfReader(io.BytesIO(PRESS.pdf(invoice_sheet(invoice(notes="W" * 5000)))))
    right = []
    for page in read.pages:
        page.extract_text(visitor_text=lambda text, cm, tm, *_: right.append(tm[4]))
    assert len(read.pages) > 1
    assert max(right) < read.pages[0].mediabox.width
    assert "".join(page.extract_text() for page in read.pages).count("W") == 5000


def test_60_lines_repeat_their_header_and_keep_the_totals_together() -> None:
    found = pages(invoice([line(description=f"Line {number}") for number in range(60)]))
    assert len(found) == 3
    assert all("Description Qty" in page for page in found)
    assert all(part in found[-1] for part in ("Subtotal", "Tax 10%", "Total", "Amount due"))


@pytest.mark.parametrize(
    ("language", "currency", "shown"),
    [
        ("en", "USD", ["$1,234.56", "January 31, 2026", "Amount due"]),
        ("de", "EUR", ["1.234,56 €", "31. Januar 2026", "Offener Betrag", "10 %"]),
        ("fr", "EUR", ["1 234,56 €", "31 janvier 2026"]),
        ("en-GB", "JPY", ["JP¥123,456", "31 January 2026"]),
        ("ja", "JPY", ["￥123,456", "2026年 1月 31日", "請求書"]),
        ("en", "KWD", ["KWD 123.456"]),
        ("sv", "SEK", ["1 234,56 kr", "31 januari 2026", "Invoice"]),
        (None, "USD", ["$1,234.56"]),
        ("no language", "USD", ["$1,234.56"]),
    ],
)
def test_money_days_and_words_are_the_readers(language, currency, shown) -> None:
    told = invoice(
        [line(amount=123456, tax=0)], currency=currency, parties=parties(language=language)
    )
    found = said(told).replace("\u202f", " ")
    assert all(part in found for part in shown), found


@pytest.mark.parametrize("language", ["ar", "he"])
def test_right_to_left_begins_at_the_right(language) -> None:
    sheet = invoice_sheet(invoice(parties=parties(language=language)))
    assert sheet["rtl"]
    assert PRESS.pdf(sheet)


def test_every_letter_has_a_face() -> None:
    """No box is shown for the scripts that names are written in, nor for emoji."""
    text = "Łódź Ελλάδα Москва العربية עברית 日本語 简体 한국어 हिन्दी ไทย ქართული Հայերեն 😀 →"
    read = PdfReader(io.BytesIO(PRESS.pdf(invoice_sheet(invoice(notes=text)))))
    found = "".join(read.pages[0].extract_text().split())
    for word in ("Łódź", "Ελλάδα", "Москва", "日本語", "简体", "한국어", "😀", "ไทย", "→"):
        assert word in found


def test_taxes_are_told_by_rate_with_discounts_and_inclusive_prices() -> None:
    found = said(invoice([
        line(), line(amount=2818, tax=282, tax_behavior="inclusive"),
        line(tax_rate=Decimal("0.0775"), tax=201, amount=2600, discount=500),
        line(tax_rate=None, tax=0),
    ]))  # fmt: skip
    for part in (
        "Tax 10% on $59.18", "$5.92", "Tax 7.75% on $26.00", "$2.01", "Discount -$5.00",
        "$31.00 incl. tax",
    ):  # fmt: skip
        assert part in found, part


def test_payments_balance_and_credits_are_taken_off() -> None:
    found = said(invoice(
        amount_paid=1000, balance_applied=500, credited=110, amount_remaining=1800,
        payments=[
            Movement(at=at(1, 2), method="card", brand="visa", last4="4242", amount=1000),
            Movement(at=at(1, 3), method="balance", amount=500),
        ],
        credits=[Movement(at=at(1, 4), method="credit_note", amount=110, reference="CN-1")],
    ))  # fmt: skip
    for part in (
        "Paid -$10.00", "Paid from balance -$5.00", "Credited -$1.10", "Amount due $18.00",
        "Visa ending in 4242", "Account balance", "CN-1", "$18.00 due January 31, 2026",
    ):  # fmt: skip
        assert part in found, part


def test_every_language_says_everything() -> None:
    words = all_words()
    for language, told in words.items():
        assert told.keys() == words["en"].keys(), language
        for name, text in told.items():
            assert _filled(text) == _filled(words["en"][name]), (language, name)


def _filled(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_a_period_is_told_to_its_last_day_in_the_accounts_zone() -> None:
    tongue = tongue_of("en", "America/New_York")
    start, end = datetime(2026, 1, 1, 5, tzinfo=UTC), datetime(2026, 2, 1, 5, tzinfo=UTC)
    assert tongue.period(start, end).replace("\u2009", " ") == "Jan 1 – 31, 2026"
    assert tongue.period(start, start) == "Jan 1, 2026"


@pytest.mark.parametrize("more", range(0, 30, 2))
def test_a_tax_id_stays_in_one_line_of_the_footer(more) -> None:
    """`USt-IdNr.` may end a line after its hyphen, and before its number."""
    seller = replace(SELLER, names=("Zeitung " + "x " * more,), tax_id="DE123456789")
    told = invoice(parties=parties(language="de", seller=seller))
    footer = said(told).rpartition("Zeitung x " if more else "Zeitung")[2]
    assert "USt-IdNr. DE123456789" in footer


def test_the_state_is_of_the_facts_and_not_of_their_absence() -> None:
    told = invoice()
    assert state_of(told) == state_of(replace(told, notes=None, refunds=[]))
    assert state_of(told) != state_of(replace(told, notes="x"))


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGPgjsoHAAFIANW4RLbdAAAAAElFTkSuQmCC"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def data(kind: str, content: str | bytes) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return f"data:image/{kind};base64,{b64encode(raw).decode()}"


@pytest.mark.parametrize(
    "logo", [f"data:image/png;base64,{PNG}", data("svg+xml", SVG), "data:image/svg+xml," + SVG]
)
def test_a_logo_is_set(logo) -> None:
    plain = PRESS.pdf(invoice_sheet(invoice()))
    assert PRESS.pdf(invoice_sheet(invoice(parties=parties(logo=logo)))) != plain


def test_a_picture_that_turns_out_broken_is_left_out() -> None:
    broken = f"data:image/png;base64,{PNG.replace('IDAT', 'IDAU')[:60]}"
    whole = invoice_sheet(invoice())
    assert PRESS.pdf({**whole, "logo": {"format": "png", "data": b"12", "alt": ""}}) == PRESS.pdf(
        whole
    )
    with pytest.raises(BadLogo):
        require_printable(PRESS, broken)


def test_each_paper_has_the_logo_of_its_own_account() -> None:
    """A press sets papers of many accounts, one after another and two at once."""
    logos = [f"data:image/png;base64,{PNG}", data("svg+xml", SVG), None]
    sheets = [invoice_sheet(invoice(parties=parties(logo=logo))) for logo in logos]
    alone = [Press().pdf(sheet) for sheet in sheets]
    assert len(set(alone)) == len(logos)
    with ThreadPoolExecutor(2) as both:
        assert list(both.map(PRESS.pdf, sheets * 4)) == alone * 4


def test_a_large_logo_costs_little_once_it_was_set() -> None:
    """Processor time, of the least disturbed of a few sheets each: 80 KiB took 30 ms every time."""
    large = b64decode(PNG)[:-12] + b"\0\1\x38\x80teXt" + b"\0" * 80_000
    large += crc32(large[-80_004:]).to_bytes(4) + b64decode(PNG)[-12:]
    with_logo = invoice_sheet(invoice(parties=parties(logo=data("png", large))))
    PRESS.pdf(with_logo)
    assert _least(with_logo) < _least(invoice_sheet(invoice())) + 0.010


def _least(sheet) -> float:
    spent = []
    for number in range(5):
        began = process_time()
        PRESS.pdf({**sheet, "title": f"Invoice {number}"})
        spent.append(process_time() - began)
    return min(spent)


def test_what_the_first_font_has_needs_no_other(monkeypatch) -> None:
    letters = "".join(map(chr, range(0x20, 0x2213)))
    own = "".join(filter(press._OF_FIRST_FONT.fullmatch, letters))
    assert len(own) > 900
    sheet = invoice_sheet(invoice(notes=own, parties=parties(language="ru")))
    alone = PRESS.pdf(sheet)
    monkeypatch.setattr(press, "_OF_FIRST_FONT", re.compile("never"))
    assert PRESS.pdf(sheet) == alone


@pytest.mark.parametrize("logo", [None, "https://example.org/logo.png", "logo.png", "data:odd"])
def test_without_a_picture_the_name_stands_in_its_place(logo) -> None:
    assert printable(logo, "Paper") is None
    assert PRESS.pdf(invoice_sheet(invoice(parties=parties(logo=logo)))) == PRESS.pdf(
        invoice_sheet(invoice())
    )


@pytest.mark.parametrize(
    "logo",
    [
        "data:text/html,<b>", "data:image/gif;base64,R0lGODlh", "data:image/png;base64,???",
        data("png", "GIF89a"), data("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\xff" * 20),
        data("jpeg", b"\xff\xd8\xff\xe0"), data("svg+xml", "x" * (LARGEST + 1)),
        data("svg+xml", "<html/>"), data("svg+xml", SVG.replace("<path", "<script/><path")),
        data("svg+xml", SVG.replace("<path", '<image href="file:///etc/passwd"/><path')),
        data("svg+xml", SVG.replace("<path", '<path onload="x()"')),
        data("svg+xml", SVG.replace("<path", '<path fill="url(http://example.org/x)"')),
        data("svg+xml", '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG),
        data("svg+xml", SVG.replace("<path", "<style>@import 'x'</style><path")),
        data("svg+xml", SVG.replace("<path", r"<style>@\69mport 'http://x'</style><path")),
        data("svg+xml", SVG.replace("<path", r"<style>@\000049 mport 'x'</style><path")),
        data("svg+xml", SVG.replace("<path", r"<style>@i\mport 'x'</style><path")),
        data("svg+xml", SVG.replace("<path", r'<path fill="u\72l(http://example.org/x)"')),
        data("svg+xml", SVG.replace("<path", "<style>a{}<g/>@import 'x'</style><path")),
        data("svg+xml", '<?xml-stylesheet href="http://x"?>' + SVG),
    ],
)  # fmt: skip
def test_a_picture_that_could_do_harm_is_refused(logo) -> None:
    with pytest.raises(BadLogo):
        picture_in(logo)
