"""How gunicorn serves: threads, because a request mostly waits for the database."""

from __future__ import annotations

from api.body import LONGEST_ADDRESS
from cli.stopping import end_with_parent
from settings import read_settings

_settings = read_settings()

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = _settings.web_workers
threads = _settings.web_threads
# Connections are opened after fork: nothing that holds one may be loaded before.
preload_app = False
timeout = 60
graceful_timeout = 10
keepalive = 15
limit_request_line = LONGEST_ADDRESS
max_requests = 0
accesslog = None
errorlog = "-"
loglevel = "warning"
# It would put a socket into the user's home, under a path that may be too long for one.
control_socket_disable = True


def on_starting(_: object) -> None:
    end_with_parent()
