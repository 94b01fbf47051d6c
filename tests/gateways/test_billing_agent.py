"""An operator's agent over HTTP: asked once, never followed elsewhere, read with care."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from domain.catalog.billing_agent import AgentUnavailable, Prompt
from domain.shared.errors import Invalid
from domain.shared.period import Interval
from gateways.billing_agent import HttpAgent

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT = Prompt("Twenty for the first year, please", "USD", Interval.MONTH, 1)


@contextmanager
def agent(status: int, answer: bytes, **headers: str) -> Iterator[tuple[HttpAgent, list[Any]]]:
    asked: list[Any] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            asked.append((self.path, dict(self.headers), json.loads(self.rfile.read(size))))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST  # noqa: N815 - the library's name

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/compile"
        yield HttpAgent(url, 2, "secret"), asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_is_asked_with_the_prompt_and_answers_a_policy() -> None:
    policy = {"kind": "fixed", "amount": 2000, "currency": "USD", "interval": "month"}
    with agent(200, json.dumps(policy).encode()) as (asks, asked):
        assert asks.compile(PROMPT) == policy
    ((path, headers, body),) = asked
    assert (path, headers["Authorization"]) == ("/compile", "Bearer secret")
    assert body["prompt"] == PROMPT.text
    assert (body["currency"], body["interval"], body["interval_count"]) == ("USD", "month", 1)


def test_a_redirect_is_not_followed() -> None:
    with agent(302, b"", Location="http://127.0.0.1:1/inside") as (asks, asked):
        with pytest.raises(AgentUnavailable):
            asks.compile(PROMPT)
        assert len(asked) == 1


@pytest.mark.parametrize("answer", [b"not json", b"\xff", b'"' + b"x" * 70_000 + b'"'])
def test_what_is_no_json_or_too_long_is_refused(answer: bytes) -> None:
    with agent(200, answer) as (asks, _), pytest.raises(Invalid) as refused:
        asks.compile(PROMPT)
    assert refused.value.code == "billing_agent_answer"


def test_422_means_that_it_does_not_understand() -> None:
    with agent(422, b"twenty what?") as (asks, _), pytest.raises(Invalid) as refused:
        asks.compile(PROMPT)
    assert refused.value.code == "prompt_not_understood"
    assert "twenty what?" in refused.value.detail


def test_no_answer_and_an_error_are_no_policy() -> None:
    with agent(500, b"") as (asks, _), pytest.raises(AgentUnavailable):
        asks.compile(PROMPT)
    with pytest.raises(AgentUnavailable):
        HttpAgent("http://127.0.0.1:9/", 1).compile(PROMPT)
