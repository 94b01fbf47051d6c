"""Runs localstripe, a Stripe stand-in of others, with what it leaves out and faults on demand.

Added are disputes, idempotency keys, the filters of a list of payment intents, and
`/_config/fault`: how the next requests to a path go wrong. Nothing is kept on disk.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import Any

from aiohttp import web
from localstripe import resources, server

resources.Store.dump_to_disk = lambda _: None
_answers: dict[str, tuple[int, bytes]] = {}
_disputes: dict[str, dict[str, Any]] = {}
_faults: deque[dict[str, Any]] = deque()


@web.middleware
async def once(request: web.Request, handler: Any) -> Any:
    """Source: https://docs.stripe.com/api/idempotent_requests."""
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return await handler(request)
    if key not in _answers:
        answer = await handler(request)
        if answer.status < 500:
            _answers[key] = (answer.status, answer.body)
        return answer
    status, body = _answers[key]
    return web.Response(status=status, body=body, content_type="application/json")


@web.middleware
async def faulty(request: web.Request, handler: Any) -> Any:
    """`before`: nothing was done. `after`: it was done and the answer is lost, or `slow`. `late`:
    it is done in a while, `held`: it is done and answered in a while, whoever still listens.
    `said`: it is done, and answered with `status` and `body`."""
    asked = (request.path, request.method)
    if not _faults or asked != (_faults[0]["path"], _faults[0].get("method", "POST")):
        return await handler(request)
    fault = _faults.popleft()
    if fault["kind"] == "before":
        return web.json_response({"error": {"type": "api_error"}}, status=500)
    if fault["kind"] == "late":
        await request.read()
        return await asyncio.shield(_after(fault["seconds"], handler(request)))
    answer = await handler(request)
    if fault["kind"] == "said":
        body = fault["body"].encode()
        return web.Response(status=fault["status"], body=body, content_type="application/json")
    if fault["kind"] == "held":
        await asyncio.sleep(fault["seconds"])
        return answer
    if fault["kind"] == "slow":
        await asyncio.sleep(fault["seconds"])
    return web.json_response({"error": {"type": "api_error"}}, status=500)


async def _after(seconds: float, answer: Any) -> Any:
    await asyncio.sleep(seconds)
    return await answer


async def add_fault(request: web.Request) -> web.Response:
    _faults.append(await request.json())
    return web.Response()


async def add_dispute(request: web.Request) -> web.Response:
    dispute = {"object": "dispute", **await request.json()}
    _disputes[dispute["id"]] = dispute
    return web.json_response(dispute)


async def dispute(request: web.Request) -> web.Response:
    found = _disputes.get(request.match_info["id"])
    if found is None:
        missing = {"error": {"type": "invalid_request_error", "code": "resource_missing"}}
        return web.json_response(missing, status=404)
    return web.json_response(found)


async def change(request: web.Request) -> web.Response:
    """What an object becomes by itself: {id, and the fields that change}."""
    wanted = await request.json()
    (found,) = [each for each in resources.store.values() if each.id == wanted["id"]]
    vars(found).update(wanted)
    return web.Response()


async def kept(_: web.Request) -> web.Response:
    """Every payment intent and refund there is."""
    kinds = (resources.PaymentIntent, resources.Refund)
    found = [each._export() for each in resources.store.values() if isinstance(each, kinds)]
    return web.json_response(found)


def _list_intents(url: str, customer: Any = None, limit: Any = None, starting_after: Any = None):
    found = resources.List(url, limit=limit, starting_after=starting_after)
    found._list = [
        each
        for each in reversed(resources.store.values())
        if isinstance(each, resources.PaymentIntent) and each.customer == customer
    ]
    return found


_create_intent = resources.PaymentIntent._api_create


def _create_with_return(return_url: Any = None, **sent: Any) -> Any:
    """Where Stripe is told an address to come back to, customers confirm on a page of the bank's.

    Source: https://docs.stripe.com/payments/3d-secure/authentication-flow.
    """
    intent = _create_intent(**sent)
    if return_url is not None and intent.next_action is not None:
        page = {"url": f"https://bank.example/3ds/{intent.id}", "return_url": return_url}
        intent.next_action = {"type": "redirect_to_url", "redirect_to_url": page}
    return intent


def main(port: int) -> None:
    resources.PaymentIntent._api_create = staticmethod(_create_with_return)
    resources.PaymentIntent._api_list_all = staticmethod(_list_intents)
    server.app.router.add_post("/_config/fault", add_fault)
    server.app.router.add_post("/_config/change", change)
    server.app.router.add_post("/_config/dispute", add_dispute)
    server.app.router.add_get("/v1/disputes/{id}", dispute)
    server.app.router.add_get("/_config/kept", kept)
    server.app.middlewares.insert(0, once)
    server.app.middlewares.insert(0, faulty)
    web.run_app(server.app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
