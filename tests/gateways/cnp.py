"""A stand-in for Worldpay's cnpAPI: holds every request to the schema and keeps what was done."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import xmlschema
from defusedxml.ElementTree import fromstring

from gateways.vantiv import NAMESPACE, Vantiv, own_id

_SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("cnp.xsd"))
_TOKENS = {
    "visa": ("4111000000000009", "000", "Approved"),
    "declined": ("4111000000000110", "110", "Insufficient Funds"),
    "stolen": ("4111000000000304", "304", "Lost/Stolen Card"),
    "prepaid": ("4111000000000141", "141", "Consumer Non-Reloadable Prepaid Card, Approved"),
    "virtual": ("4111000000000142", "142", "Consumer Single-Use Virtual Card Number, Approved"),
    "partly": ("4111000000000010", "010", "Partially Approved"),
    "unavailable": ("4111000000000100", "100", "Processing Network Unavailable"),
}
_DONE = {"000", "001", "141", "142"}
_BY_NUMBER = {number: (code, said) for number, code, said in _TOKENS.values()}


class CnpStandIn:
    """On a free port, in a thread. `settled` makes voids impossible, `received` tells of
    credits and voids only that they came, `fault` breaks one request."""

    def __init__(self) -> None:
        self.done: list[dict[str, Any]] = []
        self.invalid: list[str] = []
        self.faults: dict[str, str | bytes] = {}
        self.settled = self.received = False
        self.forgets = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/vap/communicator/online"

    def __enter__(self) -> CnpStandIn:
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def adapter(self) -> Vantiv:
        return Vantiv(self.url, "user", "password", "01601", call_seconds=0.3)

    def of(self, ref: str, *kinds: str) -> list[dict[str, Any]]:
        """What was approved under one of our references."""
        return [
            each for each in self.done
            if each["id"] == own_id(ref) and each["kind"] in kinds and each["code"] in _DONE
        ]  # fmt: skip

    def answer(self, body: bytes) -> tuple[int, str | bytes]:
        """The answer to one request, with what its fault makes of it."""
        root = fromstring(body, forbid_dtd=True)
        try:
            _SCHEMA.validate(root)
        except xmlschema.XMLSchemaValidationError as wrong:
            self.invalid.append(str(wrong))
            return 200, _wrapped("", 1, "Error validating xml data against the schema")
        transaction = root[1]
        kind = transaction.tag.rpartition("}")[2]
        fault = self.faults.pop(kind, None)
        if fault == "before":
            return 503, "down"
        said = self._done(kind, transaction)
        if fault == "slow":
            time.sleep(0.5)
        if fault == "after":
            return 500, "broken"
        if fault == "refused":
            return 200, _response(kind, str(transaction.get("id")), "370", "Internal System Error")
        if isinstance(fault, bytes) or (fault is not None and fault.startswith("<")):
            return 200, fault
        return 200, _wrapped(said)

    def _done(self, kind: str, asked: Any) -> str:
        about = {
            "kind": kind, "id": asked.get("id"), "amount": _text(asked, "amount"),
            "of": _text(asked, "cnpTxnId"), "card": _text(asked, "token/cnpToken"),
        }  # fmt: skip
        if kind == "queryTransaction":
            return self._queried(about["id"], _text(asked, "origId"))
        if kind == "registerTokenRequest":
            return _registered(about["id"], _text(asked, "paypageRegistrationId"))
        twins = [e for e in self.done if {**e, **about} == e and e["code"] in _DONE]
        if twins:
            return _told(twins[0], duplicate=True)
        self.done.append({**about, **self._decided(about), "number": str(10**17 + len(self.done))})
        return _told(self.done[-1])

    def _decided(self, about: dict[str, Any]) -> dict[str, Any]:
        code, said = "000", "Approved"
        if about["kind"] == "sale":
            code, said = _BY_NUMBER.get(about["card"], ("822", "Token was not found"))
        elif self.received:
            code, said = "001", "Transaction Received"
        elif not [each for each in self.done if each["number"] == about["of"]]:
            code, said = "360", "No transaction found with specified transaction Id"
        elif about["kind"] == "void" and self.settled:
            code, said = "362", "Transaction Not Voided - Already Settled"
        return {"code": code, "said": said}

    def _queried(self, ref: str, about: str) -> str:
        found = [] if self.forgets else [each for each in self.done if each["id"] == about]
        code, said = ("150", "Original transaction found") if found else ("151", "not found")
        results = "".join(map(_told, found))
        return _response(
            "queryTransaction", ref, code, said, f"<results_max10>{results}</results_max10>"
        )


def _handler(standin: CnpStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = standin.answer(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                if isinstance(text, bytes):
                    self._drip(text)
                    return
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())
            except OSError:
                """Whoever asked waited no longer."""

        def _drip(self, raw: bytes) -> None:
            """All that stands before a NUL at once, the rest byte by byte."""
            at_once, _, slowly = raw.partition(b"\0")
            self.wfile.write(at_once)
            self.close_connection = True
            for each in slowly:
                self.wfile.write(bytes([each]))
                time.sleep(0.1)

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Handler


def _wrapped(inner: str, response: int = 0, message: str = "Valid Format") -> str:
    return (
        f'<cnpOnlineResponse xmlns="{NAMESPACE}" version="12.8" response="{response}"'
        f' message="{message}">{inner}</cnpOnlineResponse>'
    )


def _response(kind: str, ref: str, code: str, said: str, more: str = "", mark: str = "") -> str:
    return (
        f'<{kind}Response id="{ref}" reportGroup="Default Report Group"{mark}>'
        f"<response>{code}</response><responseTime>2026-01-01T00:00:00</responseTime>"
        f"<message>{said}</message>{more}</{kind}Response>"
    )


def _told(done: dict[str, Any], *, duplicate: bool = False) -> str:
    number = f"<cnpTxnId>{done['number']}</cnpTxnId>"
    if done["code"] == "010":
        number += "<approvedAmount>1000</approvedAmount>"
    mark = ' duplicate="true"' if duplicate else ""
    return _response(done["kind"], done["id"], done["code"], done["said"], number, mark)


def _registered(ref: str, registration: str) -> str:
    number, code, said = "", "877", "Invalid PayPage Registration Id"
    if registration in _TOKENS:
        number, code, said = (
            _TOKENS[registration][0],
            "801",
            "Account number was successfully registered",
        )
    more = f"<cnpToken>{number}</cnpToken><type>VI</type>" if number else ""
    return _response("registerToken", ref, code, said, more)


def _text(within: Any, path: str) -> str:
    parts = "/".join(f"{{{NAMESPACE}}}{each}" for each in path.split("/"))
    return within.findtext(parts) or ""
