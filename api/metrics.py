"""What is counted about requests, for Prometheus; over all worker processes where they share."""

from __future__ import annotations

import os
from time import perf_counter
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

_REQUESTS = Counter(
    "subledger_http_requests_total", "Requests answered.", ("method", "route", "status")
)
_SECONDS = Histogram(
    "subledger_http_request_seconds",
    "Time from a request's arrival to its answer.",
    ("method", "route"),
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
        _REQUESTS.labels(request.method, route, str(response.status_code)).inc()
        _SECONDS.labels(request.method, route).observe(perf_counter() - request.context.began)


class Metrics:
    def on_get(self, _request: Any, response: Any) -> None:
        response.content_type = CONTENT_TYPE_LATEST
        response.data = generate_latest(_registry())


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
