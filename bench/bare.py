"""The least that a write over HTTP can be: Falcon, one read, and the append of one event."""

from __future__ import annotations

from typing import Any

import falcon
import orjson

from domain.shared.recording import Context
from settings import read_settings
from store import api_keys, ids
from store.append import Appending, append
from store.connections import Connections
from store.new_events import NewEvent
from store.personal_keys import Sealed

_BY = Context("bench", "api")


class Bare:
    """Finds the account by its key, and appends what it is sent under a new id."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def on_post(self, request: Any, response: Any) -> None:
        body = request.bounded_stream.read()
        text = request.get_header("Authorization").removeprefix("Bearer ")
        with self._connections.connection() as connection:
            key = api_keys.find(connection, text)
            if key is None:
                raise falcon.HTTPUnauthorized
            made = ids.new_id()
            event = NewEvent(
                originator_id=made,
                originator_version=1,
                topic="bench.appended",
                state=body,
                series=None,
            )
            append(connection, Appending(key.account_id, Sealed([event]), ids.new_id(), _BY))
        response.status = 201
        response.content_type = "application/json"
        response.data = orjson.dumps({"id": str(made)})


def create_app() -> falcon.App[Any, Any]:
    settings = read_settings()
    app: falcon.App[Any, Any] = falcon.App()
    connections = Connections(settings.database_url or "", size=settings.web_threads + 4)
    app.add_route("/append", Bare(connections))
    app.add_route("/healthz", Alive())
    return app


class Alive:
    def on_get(self, _request: Any, response: Any) -> None:
        response.data = b"{}"
