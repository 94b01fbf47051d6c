"""How gunicorn serves: threads, because a request mostly waits for the database."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from gunicorn.http import message

from api.body import LONGEST_ADDRESS
from cli.even_worker import SEATS
from cli.stopping import end_with_parent
from settings import read_settings

if TYPE_CHECKING:
    from cli.even_worker import EvenWorker

_settings = read_settings()
# Where the workers count what /metrics adds up; it is named before any of them loads the library.
_metrics = _settings.data_dir / "run" / f"metrics-{_settings.port}"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)

bind = f"{_settings.host}:{_settings.port}"
worker_class = "cli.even_worker.EvenWorker"
workers = _settings.web_workers
threads = _settings.web_threads
# Connections are opened after fork: nothing that holds one may be loaded before.
preload_app = False
timeout = 60
graceful_timeout = 10
keepalive = 15
limit_request_line = LONGEST_ADDRESS
message.MAX_REQUEST_LINE = LONGEST_ADDRESS  # it takes the setting up to this only
max_requests = 0
accesslog = None
errorlog = "-"
loglevel = "warning"
# It would put a socket into the user's home, under a path that may be too long for one.
control_socket_disable = True


def on_starting(_: object) -> None:
    end_with_parent()
    shutil.rmtree(_metrics, ignore_errors=True)  # a run before counted there
    _metrics.mkdir(parents=True)


def pre_fork(_: object, worker: EvenWorker) -> None:
    worker.seat = SEATS.take()


def child_exit(_: object, worker: EvenWorker) -> None:
    SEATS.leave(worker.seat)


def post_worker_init(_: object) -> None:
    """What is loaded by now is never garbage: walking through it stops a request for 0.1 s."""
    from projections.companion import spare_collections  # noqa: PLC0415 - only after the fork

    spare_collections()
