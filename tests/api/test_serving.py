"""The service as it is deployed: gunicorn's workers and threads, over real sockets."""

from __future__ import annotations

import http.client
import json
import urllib.request
from urllib.parse import urlencode

import pytest
from psycopg.conninfo import conninfo_to_dict

from bench.http import measure, serving
from domain.commands.act import Act
from domain.shared.recording import Context
from parts import Parts


@pytest.fixture(scope="module")
def account(service_url):
    parts = Parts(service_url)
    opened = parts.open_account(
        Act(Context("test", "cli")), name="Acme", timezone="UTC", currency="USD", livemode=True
    )
    parts.close()
    return opened


@pytest.fixture(scope="module")
def port(database_url):
    with serving(url_of(database_url)) as port:
        yield port


def url_of(conninfo: str) -> str:
    """A connection string as the address that an operator would set."""
    named = conninfo_to_dict(conninfo)
    rest = {name: str(value) for name, value in named.items() if name != "dbname"}
    return f"postgresql:///{named['dbname']}?{urlencode(rest)}"


def sent(port, method, path, key, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    return answer, read


def test_eight_clients_read_what_they_wrote_from_any_worker(port, account):
    timed = measure(port, [account.api_key], turns=15)
    assert sum(one.wrong for one in timed) == 0
    assert sum(len(one.reads) for one in timed) == 120


def test_a_body_sent_in_chunks_is_read(port, account):
    chunks = iter([b'{"first_', b'name": "Ada"}'])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {account.api_key}", "Content-Type": "application/json"}
    connection.request("POST", "/core/v1/customers", chunks, headers, encode_chunked=True)
    assert json.loads(connection.getresponse().read())["first_name"] == "Ada"
    connection.close()


def heard(port, key, body, **headers):
    """The status and code, heard by a caller who sends everything and hangs up then."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    about = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    headers = {**about, "Connection": "close", **headers}
    in_chunks = "Transfer-Encoding" in headers
    connection.request("POST", "/core/v1/customers", body, headers, encode_chunked=in_chunks)
    answer = connection.getresponse()
    code = json.loads(answer.read())["code"]
    connection.close()
    return answer.status, code


def test_a_body_that_is_too_large_is_refused_in_words(port, account):
    body = b"x" * 10_000_000
    assert heard(port, account.api_key, body) == (413, "body_too_large")
    pieces = (body[:65536] for _ in range(160))
    chunked = {"Transfer-Encoding": "chunked"}
    assert heard(port, account.api_key, pieces, **chunked) == (413, "body_too_large")


def test_a_refusal_that_reads_no_body_is_heard_too(port):
    assert heard(port, "sk_test_nobody", b"x" * 10_000_000)[0] == 401


def test_an_export_is_sent_in_chunks(port, account):
    sent(port, "POST", "/core/v1/customers", account.api_key, b"{}")
    answer, read = sent(port, "GET", "/core/v1/exports/customers.csv", account.api_key)
    assert (answer.status, answer.getheader("Transfer-Encoding")) == (200, "chunked")
    assert read.count(b"\r\n") >= 2


def test_a_problem_over_a_real_socket(port, account):
    answer, read = sent(port, "POST", "/core/v1/customers", account.api_key, b'{"a": 1, "a": 2}')
    assert (answer.status, json.loads(read)["code"]) == (400, "unreadable_body")
    assert answer.getheader("Content-Type") == "application/problem+json"


def counted(port, line):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        told = answer.read().decode()
    return sum(float(each.split()[-1]) for each in told.splitlines() if each.startswith(line))


def test_the_figures_are_of_all_workers(port, account):
    labels = '{method="GET",route="/core/v1/products/{id}",status="404"}'
    before = counted(port, f"subledger_http_requests_total{labels}")
    for _ in range(24):  # each on a connection of its own: any worker may answer
        sent(port, "GET", "/core/v1/products/prod_x", account.api_key)
    for _ in range(6):  # whichever worker is asked
        assert counted(port, f"subledger_http_requests_total{labels}") == before + 24
        assert counted(port, f"subledger_http_request_seconds_count{labels}") == before + 24
    assert counted(port, 'subledger_projection_lag_events{group="resources"}') >= 0
