"""An answer is sent in one piece, and is the same answer."""

from __future__ import annotations

import socket

import pytest
from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.parser import RequestParser

from cli.one_send import OneSend, send_at_once

HEAD = [("Content-Type", "text/plain")]


class Counting:
    """A socket that keeps what is sent through it, piece by piece."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.sent.append(bytes(data))


def answered(kind, status, headers, parts, method="GET"):
    """The pieces in which an answer is sent, its date left out."""
    ours, theirs = socket.socketpair()
    theirs.sendall(f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    cfg = Config()
    request = next(RequestParser(cfg, ours, ("127.0.0.1", 1)))
    out = Counting()
    response, _ = wsgi.create(request, out, ("127.0.0.1", 1), ("127.0.0.1", 80), cfg, kind)
    response.start_response(status, list(headers))
    for part in parts:
        response.write(part)
    response.close()
    ours.close()
    theirs.close()
    return [
        b"\r\n".join(x for x in piece.split(b"\r\n") if x[:5] != b"Date:") for piece in out.sent
    ]


def of(length):
    return [*HEAD, ("Content-Length", str(length))]


@pytest.mark.parametrize(
    ("status", "headers", "parts", "method", "pieces"),
    [
        pytest.param("200 OK", of(5), [b"hello"], "GET", 1, id="a body"),
        pytest.param("200 OK", of(5), [b"he", b"llo"], "GET", 2, id="a body in two parts"),
        pytest.param("200 OK", of(5), [b"hello, you"], "GET", 1, id="too much of a body"),
        pytest.param("200 OK", of(0), [], "GET", 1, id="an empty body"),
        pytest.param("200 OK", of(0), [b""], "GET", 1, id="nothing of an empty body"),
        pytest.param("204 No Content", [], [], "GET", 1, id="no body"),
        pytest.param("200 OK", of(5), [b"hello"], "HEAD", 1, id="a head only"),
        pytest.param("200 OK", HEAD, [b"he", b"llo"], "GET", 4, id="chunks"),
        pytest.param("200 OK", of(99999), [b"x" * 99999], "GET", 2, id="a long body"),
    ],
)
def test_the_same_is_sent_in_fewer_pieces(status, headers, parts, method, pieces):
    told = answered(wsgi.Response, status, headers, parts, method)
    sent = answered(OneSend, status, headers, parts, method)
    assert b"".join(sent) == b"".join(told)
    assert len(sent) == pieces <= len(told)


def test_gunicorn_makes_its_answers_so(monkeypatch):
    monkeypatch.setattr(wsgi, "Response", wsgi.Response)
    assert len(answered(None, "200 OK", of(5), [b"hello"])) == 2
    send_at_once()
    assert len(answered(None, "200 OK", of(5), [b"hello"])) == 1
