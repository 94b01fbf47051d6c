"""What a gateway tells by itself, signed as the sandbox does unless a test says otherwise."""

from __future__ import annotations

import json

from gateways.sandbox import SIGNATURE
from tests.gateways.contract import signature


def send(
    client, event, *, secret="whsec_test", at=None, name="sandbox", account=None, headers=None
):
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    ref = account or client.get("/account").json["id"]
    return client.http.simulate_post(
        f"/core/v1/gateways/{name}/events",
        params={"account": ref},
        body=body,
        headers={SIGNATURE: signature(secret, body, at)} if headers is None else headers,
    )
