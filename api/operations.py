"""What the operator's machinery asks: alive, ready, and the figures."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import structlog

from api.errors import Refused
from api.metrics import Metrics
from domain.shared.errors import FieldError
from migrations import apply
from store.connections import UNAVAILABLE
from store.operations import projection_lags, stalled_projections, stopped_projections

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.services import Services

Lags = list[tuple[str, int, int]]
"""Of each group of projections: accounts that are behind, and by how many events in all."""

_log = structlog.get_logger()
_WAIT_SECONDS = 2.0
REMEMBERED_SECONDS = 5.0
_PATIENCE = timedelta(seconds=60)
"""A view further behind than this is not being projected."""


def add(app: Any, services: Services) -> None:
    app.add_route("/healthz", Health())
    app.add_route("/readyz", Readiness(services))
    app.add_route("/metrics", Metrics(Remembered(partial(_lags, services))))


class Remembered:
    """What takes a look at every account is looked at once in a few seconds, however many ask."""

    def __init__(
        self, ask: Callable[[], Lags], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._asking = Lock()
        self._known: Lags = []
        self._until = float("-inf")

    def __call__(self) -> Lags:
        with self._asking:
            if self._clock() >= self._until:
                self._known = self._ask()
                self._until = self._clock() + REMEMBERED_SECONDS
            return self._known


def _lags(services: Services) -> Lags:
    """None where the database does not answer: what requests meet then is worth being told."""
    try:
        with services.connections.connection(_WAIT_SECONDS) as connection:
            return projection_lags(connection)
    except UNAVAILABLE as reason:
        _log.warning("database_unreachable", reason=str(reason))
        return []


class Health:
    def on_get(self, _request: Any, response: Any) -> None:
        response.media = {"status": "ok"}


class Readiness:
    """Ready when the database answers, its schema is this release's, and no view stands still."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def on_get(self, _request: Any, response: Any) -> None:
        wrong = self._wrong()
        if wrong:
            told = "; ".join(each.detail for each in wrong)
            raise Refused(503, "not_ready", told, wrong, headers={"Retry-After": "1"})
        response.media = {"status": "ready"}

    def _wrong(self) -> list[FieldError]:
        try:
            with self._services.connections.connection(_WAIT_SECONDS) as connection:
                if not apply.current(connection):
                    return [FieldError("migrations", "not_current", "run subledger migrate")]
                stopped = stopped_projections(connection)
                stalled = stalled_projections(connection, _PATIENCE)
        except Exception as reason:  # noqa: BLE001 - whatever it is, we are not ready
            _log.warning("database_unreachable", reason=str(reason))
            return [FieldError("database", "unreachable", "the database does not answer")]
        return [
            FieldError("projections", "stopped", f"{group} of {account_id} at {position}")
            for account_id, group, position, _ in stopped
        ] + [
            FieldError("projections", "stalled", f"{group} of {account_id} does not follow")
            for account_id, group in stalled
        ]
