"""A real browser before the service as it is deployed. Skipped where there is no Chromium, unless
SUBLEDGER_BROWSER_TESTS=required, as continuous integration says.
"""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import sync_playwright
from psycopg.conninfo import conninfo_to_dict

from bench.http import serving
from domain.commands.act import Act
from domain.shared.recording import Context
from parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

WIDTHS = (1280, 390)


@dataclass
class Site:
    """The service, with an account's key for what a page does not do itself."""

    url: str
    key: str

    def send(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/core/v1{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.key}", "Content-Type": "application/json",
            },
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=20) as answer:
            shown: dict[str, Any] = json.load(answer)
            return shown


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        reason = "no chromium on this machine: apt-get install chromium"
        if os.environ.get("SUBLEDGER_BROWSER_TESTS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    # In a container the browser may not make a sandbox of its own.
    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site(chromium: str, database_url: str) -> Iterator[Site]:
    named = conninfo_to_dict(database_url)
    rest = {name: str(value) for name, value in named.items() if name != "dbname"}
    address = f"postgresql:///{named['dbname']}?{urlencode(rest)}"
    parts = Parts(address)
    opened = parts.open_account(
        Act(Context("test", "api")), name="Acme", timezone="UTC", currency="USD", livemode=False
    )
    parts.close()
    with serving(address) as port:
        yield Site(f"http://127.0.0.1:{port}", opened.api_key)


@contextmanager
def looked_at(browser: Browser, width: int, **how: Any) -> Iterator[Page]:
    """A page of its own. What it complains of, policies violated among it, fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **how)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
        assert complaints == []
    finally:
        context.close()


def require_no_overflow(page: Page) -> None:
    shown, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert shown <= room
