"""What the server refuses before the application sees it, told as a problem like every refusal."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson
from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine

from api.body import LONGEST_ADDRESS
from api.errors import CONTENT_TYPE, Refused, problem

if TYPE_CHECKING:
    import socket


def refusal_of(error: BaseException) -> Refused | None:
    """None for what only a broken client sends: the server answers that by itself."""
    match error:
        case LimitRequestLine():
            detail = f"an address has at most {LONGEST_ADDRESS} octets with its method and version"
            return Refused(414, "address_too_long", detail)
        case LimitRequestHeaders():
            return Refused(431, "headers_too_large", "fewer or shorter header fields are expected")
    return None


def tell(caller: socket.socket, refusal: Refused) -> None:
    """The whole answer; the connection ends with it, because nobody read what else was sent."""
    request_id = uuid4().hex
    body = orjson.dumps(problem(refusal, request_id))
    head = (
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n"
        f"Connection: close\r\nContent-Type: {CONTENT_TYPE}\r\nX-Request-Id: {request_id}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(caller, head.encode("latin-1") + body)
