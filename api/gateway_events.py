"""What gateways send by themselves: let in by their signature alone, and never by a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import shown
from api.auth import attempting
from api.body import read_body
from api.errors import Refused, refused
from domain.commands.accounts import account_of
from domain.commands.act import Act
from domain.commands.heeding import heed
from domain.payments.gateway import Forged, Message
from domain.shared.errors import NotFound
from domain.shared.identifiers import MalformedId, uuid_of
from domain.shared.recording import Context
from projections.groups import RESOURCES
from projections.reading import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.services import Services
    from domain.accounts.account import Account
    from domain.application import Books
    from domain.payments.gateway import Notice

PATH = "/core/v1/gateways/{name}/events"
_WAIT_MS = 500


class GatewayEvents:
    """Of the account that the address names, else of the one whose secret the signature fits."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def __call__(self, request: Any, response: Any, name: str) -> None:
        message = Message(
            read_body(request), {key.lower(): value for key, value in request.headers.items()}
        )
        with attempting(self._services, request):
            books, account, notice = self._read(request, name, message)
        if notice is not None:
            by = Context(f"gateway:{name}", "api", request_id=request.context.request_id)
            gateways = self._services.gateways_to_ask(account)
            heed(books, gateways, account, name, notice, Act(by))
        position = books.head().position
        wait_for(self._services.connections, books.account_id, RESOURCES, position, _WAIT_MS)
        shown.headers(response, position)
        shown.json(response, {"received": True})

    def _read(
        self, request: Any, name: str, message: Message
    ) -> tuple[Books, Account, Notice | None]:
        """Raises Refused alike for a forged message and for an account that is not there."""
        wrong = Forged(detail=f"no account here takes this as an event of {name}")
        for books in self._named(request, name):
            try:
                account = account_of(books)
                gateway = self._services.gateways_of(account).get(name)
                if gateway is not None:
                    return books, account, gateway.read(message)
            except NotFound:
                continue
            except Forged as reason:
                wrong = reason
        raise refused(wrong)

    def _named(self, request: Any, name: str) -> Iterator[Books]:
        asked = request.get_param("account")
        for ref in [asked] if asked else self._services.accounts_with(name):
            try:
                yield self._services.books_for(uuid_of(ref, "acct"))
            except MalformedId:
                raise Refused(401, "invalid_signature", "there is no such account") from None
