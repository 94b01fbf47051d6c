"""Invoices as PDF over HTTP, one by one and 300 in a ZIP, beside the typesetting alone."""

from __future__ import annotations

import json
import urllib.request
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any

import psutil

from api.papers import INVOICE
from bench.figures import at_most, plain
from bench.http import keys_of, serving
from bench.peaks import MEGABYTE
from papers.press import Press
from projections.groups import RESOURCES
from projections.reading import reading
from store.connections import Connections
from store.secret_texts import read

if TYPE_CHECKING:
    from bench.figures import Figure

MILLISECONDS = 30
ZIP_SECONDS = 10
IN_ZIP = 300
GROWTH_MB = 50
"""Of the process that sends the ZIP, from before it to after: flat, whatever is in it."""


def pdf(conninfo: str, invoices: int = IN_ZIP) -> list[Figure]:
    """The median of each first rendering; what was sent before is answered from what was kept."""
    (key,) = keys_of(conninfo, 1)
    with serving(conninfo) as port:
        client = _Client(port, key)
        together, one_by_one = client.customer(), client.customer()
        for _ in range(min(invoices, IN_ZIP)):
            client.invoice(together)
        refs = [client.invoice(one_by_one) for _ in range(invoices)]
        client.get(f"/invoices/{refs[0]}.pdf")  # the fonts are read once by each process
        client.get(f"/invoices/{refs[0]}.pdf")
        singles = [_timed(client, f"/invoices/{ref}.pdf") for ref in refs[:invoices]]
        again = [_timed(client, f"/invoices/{ref}.pdf") for ref in refs[:invoices]]
        before = _resident()
        whole = _timed(client, f"/invoices.zip?customer_id={together}")
        grown = _resident() - before
    alone = _alone(conninfo, key, refs[: min(invoices, 50)])
    middle, late = median(singles) * 1000, quantiles(singles, n=100)[98] * 1000
    return [
        plain("typesetting alone", f"{alone * 1000:.1f} ms each"),
        at_most("an invoice as PDF, median", f"{middle:.1f} ms", middle, MILLISECONDS,
                f"{middle / 1000 / alone:.2f} × typesetting alone"),
        plain("an invoice as PDF, p99", f"{late:.1f} ms"),
        plain("the same again, from what was kept", f"{median(again) * 1000:.1f} ms"),
        at_most(f"ZIP of {min(invoices, IN_ZIP)}", f"{whole:.2f} s", whole, ZIP_SECONDS),
        at_most("memory of both workers grown by the ZIP", f"{grown / MEGABYTE:.1f} MB",
                grown / MEGABYTE, GROWTH_MB),
    ]  # fmt: skip


class _Client:
    def __init__(self, port: int, key: str) -> None:
        self._url, self._key = f"http://127.0.0.1:{port}/core/v1", key

    def customer(self) -> str:
        ref: str = self._made("/customers", {"first_name": "Ada", "language": "de"})["id"]
        return ref

    def get(self, path: str) -> bytes:
        return self._sent("GET", path, None)

    def invoice(self, customer: str) -> str:
        """Issued: two lines with periods and tax, and notes."""
        line = {
            "description": "The Daily Paper, digital and print", "unit_amount": 3100,
            "tax_rate": "0.19", "period_start": "2026-01-01", "period_end": "2026-02-01",
        }  # fmt: skip
        body = {
            "customer_id": customer, "currency": "EUR",
            "lines": [line, {"description": "Back issue", "unit_amount": 450}],
            "notes": "Thank you for reading.", "purchase_order": "PO 4711",
        }  # fmt: skip
        ref: str = self._made("/invoices", body)["id"]
        self._made(f"/invoices/{ref}/issue", {})
        return ref

    def _made(self, path: str, body: Any) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(self._sent("POST", path, json.dumps(body).encode()))
        return made

    def _sent(self, method: str, path: str, data: bytes | None) -> bytes:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        asked = urllib.request.Request(
            f"{self._url}{path}", data=data, headers=headers, method=method
        )
        with urllib.request.urlopen(asked, timeout=120) as answer:
            got: bytes = answer.read()
            return got


def _timed(client: _Client, path: str) -> float:
    began = perf_counter()
    client.get(path)
    return perf_counter() - began


def _alone(conninfo: str, key: str, refs: list[str]) -> float:
    """Median seconds of a sheet from its facts, in this process."""
    said, connections, press = read(key), Connections(conninfo), Press()
    if said is None:
        raise ValueError("no key")
    with reading(connections, said.account_id, RESOURCES) as now:
        facts = INVOICE.told(now, refs)
    press.pdf(INVOICE.sheet(facts[0]))
    spent = []
    for each in facts:
        began = perf_counter()
        press.pdf(INVOICE.sheet(each))
        spent.append(perf_counter() - began)
    connections.close()
    return median(spent)


def _resident() -> int:
    """Of the service and its workers."""
    ours = psutil.Process().children(recursive=True)
    return sum(each.memory_info().rss for each in ours if "gunicorn" in " ".join(each.cmdline()))
