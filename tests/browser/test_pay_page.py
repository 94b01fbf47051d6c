"""The pay page as people pay on it: with an impatient finger, without JavaScript, by keyboard."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.browser.conftest import WIDTHS, looked_at, require_no_overflow


@pytest.fixture
def invoice(site):
    email = f"{uuid4().hex}@example.org"
    customer = site.send("POST", "/customers", {"email": email, "first_name": "Ada"})
    site.send("POST", f"/customers/{customer['id']}/payment_methods", {"token": "tok_visa"})
    line = {"description": "The Daily Paper, digital and print, monthly", "unit_amount": 3100}
    body = {"customer_id": customer["id"], "currency": "USD", "lines": [line]}
    drafted = site.send("POST", "/invoices", body)
    return site.send("POST", f"/invoices/{drafted['id']}/issue", {})


def link_of(site, invoice) -> str:
    return site.send("POST", f"/invoices/{invoice['id']}/pay_link", {})["url"]


def charges(site, invoice) -> list[str]:
    listed = site.send("GET", f"/payments?invoice_id={invoice['id']}")
    return [each["status"] for each in listed["data"]]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_double_click_pays_once(browser, site, invoice, width) -> None:
    with looked_at(browser, width) as page:
        page.goto(link_of(site, invoice))
        require_no_overflow(page)
        assert page.get_by_label("Visa ending in 4242").is_checked()
        page.get_by_role("button", name="Pay $31.00").dblclick(delay=20)
        page.get_by_text("This invoice is paid").wait_for()
        require_no_overflow(page)
        page.reload()
        assert page.get_by_role("button").count() == 0
    assert charges(site, invoice) == ["succeeded"]


def test_it_pays_without_javascript_and_by_keyboard(browser, site, invoice) -> None:
    with looked_at(browser, 390, java_script_enabled=False) as page:
        page.goto(link_of(site, invoice))
        page.get_by_label("Visa ending in 4242").focus()
        page.keyboard.press("Enter")
        page.get_by_text("This invoice is paid").wait_for()
    assert charges(site, invoice) == ["succeeded"]


def test_a_decline_is_told_and_another_card_pays(browser, site, invoice) -> None:
    with looked_at(browser, 1280) as page:
        page.goto(link_of(site, invoice))
        for token, said in (
            ("tok_chargeDeclined", "The card was declined"), ("tok_visa", "This invoice is paid"),
        ):  # fmt: skip
            page.get_by_label("Test card", exact=True).check()
            page.get_by_label("Token of a test card").fill(token)
            page.get_by_role("button", name="Pay $31.00").click()
            page.get_by_text(said).wait_for()
    assert sorted(charges(site, invoice)) == ["failed", "succeeded"]


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_the_narrowest_screen_holds_a_long_description(browser, site, language) -> None:
    email = f"{uuid4().hex}@example.org"
    person = {"email": email, "first_name": "Ada", "language": language}
    customer = site.send("POST", "/customers", person)
    lines = [
        {"description": "Donaudampfschiffahrtsgesellschaft" * 10, "unit_amount": 3100},
        {"description": "The Daily Paper, " * 20, "unit_amount": 310000000, "quantity": 9},
    ]
    body = {"customer_id": customer["id"], "currency": "USD", "lines": lines}
    drafted = site.send("POST", "/invoices", body)
    issued = site.send("POST", f"/invoices/{drafted['id']}/issue", {})
    with looked_at(browser, 280) as page:
        page.goto(link_of(site, issued))
        require_no_overflow(page)
