"""What is counted about requests, for Prometheus; over all worker processes where they share."""

from __future__ import annotations

import os
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

from falcon.constants import COMBINED_METHODS
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Lags = Callable[[], Iterable[tuple[str, int, int]]]

_REQUESTS = Counter(
    "subledger_http_requests_total", "Requests answered.", ("method", "route", "status")
)
_SECONDS = Histogram(
    "subledger_http_request_seconds",
    "Time from a request's arrival to its answer.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 20),
)


class Measured:
    """Counts and times by route template, never by address: ids would make a series each."""

    def process_request(self, request: Any, _response: Any) -> None:
        request.context.began = perf_counter()

    def process_response(
        self,
        request: Any,
        response: Any,
        _resource: Any,
        _succeeded: bool,  # noqa: FBT001
    ) -> None:
        route = request.uri_template or "none"
        count, seconds = _series(_method(request.method), route, response.status_code)
        count.inc()
        seconds.observe(perf_counter() - request.context.began)


@cache
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    labels = (method, route, str(status))
    return _REQUESTS.labels(*labels), _SECONDS.labels(*labels)


def _method(named: str) -> str:
    """Made-up ones are one series, however many."""
    return named if named in COMBINED_METHODS else "other"


class Metrics:
    """`lags` gives of each group of projections the accounts and the events it is behind by."""

    def __init__(self, lags: Lags) -> None:
        self._lags = lags

    def on_get(self, _request: Any, response: Any) -> None:
        response.content_type = CONTENT_TYPE_LATEST
        response.data = generate_latest(_registry()) + generate_latest(_behind(self._lags()))


def _behind(lags: Iterable[tuple[str, int, int]]) -> CollectorRegistry:
    """Asked of the database when it is told: no process knows it for the others."""
    registry = CollectorRegistry()
    accounts = Gauge(
        "subledger_projection_accounts_behind", "Accounts whose view is behind its log.",
        ("group",), registry=registry,
    )  # fmt: skip
    events = Gauge(
        "subledger_projection_lag_events", "Events that the views of all accounts do not show yet.",
        ("group",), registry=registry,
    )  # fmt: skip
    for group, behind, lag in lags:
        accounts.labels(group).set(behind)
        events.labels(group).set(lag)
    return registry


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
