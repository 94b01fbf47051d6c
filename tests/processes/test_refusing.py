"""The server as it is configured: how long an address may be, and how it refuses a longer one."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection

import orjson
import pytest

from api.body import LONGEST_ADDRESS
from settings import CHECKOUT
from tests.processes.running import free_port

APP = "lambda env, begin: (begin('200 OK', [('Content-Length', '2')]), [b'ok'])[1]"


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Gunicorn with our settings and an application that answers everything."""
    folder, at = tmp_path_factory.mktemp("served"), free_port()
    (folder / "echo.py").write_text(f"app = {APP}\n")
    served = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "python:cli.gunicorn_config",
         "--pythonpath", str(folder), "echo:app"],
        cwd=CHECKOUT, env={
            "PORT": str(at), "SUBLEDGER_DATA_DIR": str(folder), "SUBLEDGER_WEB_WORKERS": "1",
        },
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", at), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield at
    served.terminate()
    served.wait(30)


def asked(port, path, **headers):
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()


def test_an_address_is_read_up_to_its_end(port) -> None:
    longest = "/" + "x" * (LONGEST_ADDRESS - len("GET / HTTP/1.1"))
    assert asked(port, longest)[0].status == 200


def test_a_longer_address_is_refused_with_a_problem(port) -> None:
    answer, body = asked(port, "/" + "x" * LONGEST_ADDRESS)
    assert (answer.status, answer.headers["Content-Type"]) == (414, "application/problem+json")
    told = orjson.loads(body)
    assert (told["status"], told["code"]) == (414, "address_too_long")
    assert told["request_id"] == answer.headers["X-Request-Id"]


def test_headers_too_large_are_refused_with_a_problem(port) -> None:
    answer, body = asked(port, "/", **{"X-Long": "x" * 20_000})
    assert (answer.status, orjson.loads(body)["code"]) == (431, "headers_too_large")


def test_what_is_no_http_is_left_to_the_server(port) -> None:
    answer, _ = asked(port, "/", **{"X Y": "1"})
    assert (answer.status, answer.headers["Content-Type"]) == (400, "text/html")
