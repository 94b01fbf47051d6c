"""The pay page over HTTP: shows an invoice to whoever has its link, and takes a payment of it.

Payments are the API's own commands under a key made with the page, so that a form sent twice
charges once.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from api.auth import attempting
from api.body import validated
from api.call import Call
from api.core import invoices, payment_methods
from api.core.invoice_bodies import Charge
from api.errors import Refused, refused
from api.idempotency import earlier, request_hash
from api.papers import INVOICE, printed, told_of
from api.pay import links, view
from api.writing import perform
from domain.commands.accounts import account_of
from domain.commands.act import Act
from domain.commands.confirming import see_to
from domain.shared.errors import DomainError, Invalid, RequestInProgress
from domain.shared.recording import Context, IdempotencyKey
from projections.groups import RESOURCES
from projections.reading import wait_for
from store.activity import seen
from store.api_keys import Caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.pay.links import Link
    from api.pay.view import Seen
    from api.route import Write
    from api.services import Services
    from api.writing import Answered

PATH = "/pay/{token}"
ACTOR = "pay_page"
_LARGEST_FORM = 4096
_KEY = re.compile(r"[A-Za-z0-9_-]{20,64}")
_PATIENCE_SECONDS = 20.0
"""For how long the second of two equal forms waits for the first."""

_GONE = {410: "expired", 404: "unknown"}


class PayPage:
    def __init__(self, services: Services) -> None:
        self._services = services

    def on_get(self, request: Any, response: Any, token: str) -> None:
        link = self._link(request, response, token)
        if link is not None:
            shown, confirm_url = self._confirmed(request, link, view.seen(self._services, link))
            _tell(response, view.page(shown, request.path, confirm_url=confirm_url))

    on_head = on_get

    def _confirmed(self, request: Any, link: Link, shown: Seen) -> tuple[Seen, str | None]:
        """Where the payer still has to confirm. Who comes back from there sees what came of it."""
        if shown.state != "confirm" or shown.last is None:
            return shown, None
        books = self._services.books_for(link.account_id)
        account = account_of(books)
        by = Context(ACTOR, "open_api", "paid by link", request.context.request_id)
        gateways = self._services.gateways_to_ask(account)
        asked = see_to(books, gateways, account, shown.last.id, Act(by))
        if asked is not None:
            return shown, asked.redirect_url
        position = books.head().position
        wait_for(self._services.connections, link.account_id, RESOURCES, position)
        return view.seen(self._services, link), None

    def on_post(self, request: Any, response: Any, token: str) -> None:
        """Redirects to the page as it is then: to load it again sends nothing."""
        link = self._link(request, response, token)
        if link is None:
            return
        shown = view.seen(self._services, link)
        try:
            _Sent(self._services, link, request, shown).pay()
        except (Refused, DomainError) as error:
            said = error if isinstance(error, Refused) else refused(error)
            _tell(response, view.page(shown, request.path, refused=said))
            response.status = said.status
            return
        _protect(response)
        response.status = 303
        response.set_header("Location", request.path)

    def _link(self, request: Any, response: Any, token: str) -> Link | None:
        """None where what is wrong with the link has been told."""
        try:
            with attempting(self._services, request):
                return _read(self._services, token)
        except Refused as wrong:
            if wrong.status not in _GONE:
                raise
            languages = request.get_header("Accept-Language") or ""
            _tell(response, view.wrong(_GONE[wrong.status], languages))
            response.status = wrong.status
            return None


class PayPagePdf:
    """The invoice's paper, for whoever has the link."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def on_get(self, request: Any, response: Any, token: str) -> None:
        with attempting(self._services, request):
            link = _read(self._services, token)
        told, _ = told_of(self._services, link.account_id, INVOICE, [link.invoice_id])
        (paper,) = printed(self._services, link.account_id, INVOICE, [link.invoice_id], told)
        _protect(response)
        response.content_type = "application/pdf"
        response.set_header("Content-Disposition", f'inline; filename="{paper.name}"')
        response.data = paper.data

    on_head = on_get


def add(app: Any, services: Services) -> None:
    app.add_route(PATH, PayPage(services))
    app.add_route(f"{PATH}/invoice.pdf", PayPagePdf(services))


def _read(services: Services, token: str) -> Link:
    with services.connections.connection() as connection:
        return links.read(connection, token)


def _tell(response: Any, page: str) -> None:
    _protect(response)
    response.content_type = "text/html; charset=utf-8"
    response.text = page


def _protect(response: Any) -> None:
    """The address is the right to pay: nobody else is to learn it from this page."""
    response.set_headers({
        "Content-Security-Policy": view.policy(),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    })  # fmt: skip


class _Sent:
    """One form, sent once or more often."""

    def __init__(self, services: Services, link: Link, request: Any, shown: Seen) -> None:
        self._services = services
        self._link = link
        self._request_id = request.context.request_id
        self._address = f"{request.forwarded_prefix}{request.path}"
        self._shown = shown
        self._form = _form(request)

    def pay(self) -> None:
        """Raises DomainError or Refused."""
        if _KEY.fullmatch(self._form.get("key", "")) is None:
            raise Invalid.one("key", "required", "open the page again")
        with self._services.connections.connection() as connection:
            seen(connection, self._link.account_id, [self._shown.customer_id])
        try:
            answered = self._charge(self._card())
        except RequestInProgress:
            self._wait_for_first()
            return
        except DomainError as error:
            if error.code not in {"payment_in_progress", "invoice_terminal"}:
                raise
            return  # somebody was faster: the page shows what became of it
        self._shown_to_next_read(answered.position)

    def _card(self) -> str:
        """What is charged: the saved card, or on test accounts one made of a token: who types one
        means it, whatever else is chosen."""
        token = self._form.get("token", "").strip()
        if not self._shown.livemode and (token or self._form.get("with") == "token"):
            body = validated(payment_methods.CardCreation, {"token": token or "?"}, {})
            card = self._perform(payment_methods.CARD, self._shown.customer_id, body, "card")
            return str(card.answer["id"])
        if self._shown.card is None:
            raise Invalid.one("with", "payment_method_required", "no card is saved")
        return self._shown.card.id

    def _charge(self, card_id: str) -> Answered:
        asked = {"payment_method_id": card_id, "return_url": self._address}
        body = validated(Charge, asked, {})
        return self._perform(invoices.CHARGE, self._link.invoice_id, body, "charge")

    def _perform(self, route: Write, ref: str, body: Any, step: str) -> Answered:
        caller = Caller(self._link.account_id, ACTOR, self._shown.livemode, "finance", ("*",))
        call = Call(
            self._services, caller, self._request_id, {"id": ref}, key=self._key(step),
            channel="open_api", reason="paid by link",
        )  # fmt: skip
        return perform(route, call, body)

    def _key(self, step: str) -> IdempotencyKey:
        asked = {name: self._form.get(name, "") for name in ("with", "token")}
        text = f"{ACTOR}:{step}:{self._form['key']}"
        return IdempotencyKey(text, request_hash("POST", f"/pay/{self._link.invoice_id}", asked))

    def _wait_for_first(self) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                first = earlier(self._services, self._link.account_id, self._key("charge"))
            except RequestInProgress:
                time.sleep(0.05)
                continue
            if first is not None:
                self._shown_to_next_read(first.position)
            return

    def _shown_to_next_read(self, position: int) -> None:
        wait_for(self._services.connections, self._link.account_id, RESOURCES, position)


def _form(request: Any) -> Mapping[str, str]:
    """Raises Refused 400."""
    sent = request.bounded_stream.read(_LARGEST_FORM).decode("utf-8", "replace")
    try:
        fields = parse_qs(sent, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise Refused(400, "unreadable_body", "this is not the form of this page") from None
    return {name: values[0] for name, values in fields.items()}
