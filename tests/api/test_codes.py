"""Where a problem's `type` leads, its code is told."""

from __future__ import annotations

import re

import pytest
from falcon import testing

from api.codes import SECTION, meanings


@pytest.fixture(scope="module")
def anchors(app) -> list[str]:

    page = testing.TestClient(app).simulate_get("/docs").text
    return re.findall(r" id=([^ >]+)", page)


def test_each_code_has_one_place(anchors) -> None:
    assert len(anchors) == len(set(anchors))
    assert {*meanings(), SECTION} <= set(anchors)


@pytest.mark.parametrize(
    ("path", "query"),
    [("/nothing", {}), ("/invoices", {"limit": "x"}), ("/invoices", {"colour": "red"})],
)
def test_a_refusal_leads_there(client, anchors, path, query) -> None:
    told = client.get(path, params=query).json
    page, _, anchor = told["type"].partition("#")
    assert (page, anchor in anchors) == ("/docs", True), told
