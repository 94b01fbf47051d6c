"""/docs as a person reads it, on a desk and on a telephone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import WIDTHS, looked_at, require_no_overflow


@pytest.mark.parametrize("width", WIDTHS)
def test_the_description_of_the_api_is_read_and_found_through(browser, site, width) -> None:
    with looked_at(browser, width) as page:
        page.goto(f"{site.url}/docs")
        assert page.get_by_role("heading", name="Subledger API").is_visible()
        require_no_overflow(page)
        page.get_by_role("navigation").get_by_role("link", name="invoices", exact=True).click()
        top = page.locator("h2#invoices").evaluate("each => each.getBoundingClientRect().top")
        assert 0 <= top < 200
        page.locator("#post_invoices > summary").click()
        operation = page.locator("#post_invoices")
        assert operation.get_by_text("purchase_order").first.is_visible()
        assert operation.get_by_text('curl -X POST "$SUBLEDGER_URL/core/v1/invoices"').is_visible()
        require_no_overflow(page)


def test_every_operation_opens_within_a_telephone(browser, site) -> None:
    with looked_at(browser, 390) as page:
        page.goto(f"{site.url}/docs")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert page.locator("details[open]").count() > 100
        require_no_overflow(page)
