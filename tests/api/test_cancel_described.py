"""What goes together in a cancellation is told by the description as the service has it."""

from __future__ import annotations

from itertools import product

import jsonschema_rs
import pytest


@pytest.fixture
def fits(client):
    """Whether a body is one that the description allows."""
    described = client.get("/openapi.json", whole=True).json
    parts = {"components": described["components"]}
    cancel = described["paths"]["/core/v1/subscriptions/{id}/cancel"]["post"]
    schema = cancel["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({**schema, **parts}).is_valid


@pytest.mark.parametrize("mode", ["now", "period_end"])
@pytest.mark.parametrize("kind", ["none", "full", "prorated", "amount"])
def test_both_say_the_same(shop, fits, mode, kind):
    amounts = ({}, {"amount": None}, {"amount": 500})
    gifts, reasons = ({}, {"override_gift": True}), ({}, {"reason": None}, {"reason": "moved"})
    for amount, gift, reason in product(amounts, gifts, reasons):
        path = f"/subscriptions/{shop.subscribe().json['id']}/cancel"
        body = {"mode": mode, "refund": {"type": kind, **amount, **gift}, **reason}
        answer = shop.client.post(path, body)
        assert answer.status_code in {200, 422}, answer.text
        assert (answer.status_code == 200) == fits(body), (body, answer.text)
