"""Puts the parts together: the one place that knows all of them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import falcon
import psycopg

from migrations import apply
from settings import Settings, read_settings
from store.diagnosis import Finding
from store.embedded import EmbeddedServer, embedded_server

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stop(Protocol):
    """Tells a long-running process to end. A threading.Event will do in tests."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


@dataclass(frozen=True)
class Database:
    """The database in use. `settings` names it, whoever's it is: hand these on."""

    settings: Settings
    url: str
    server: EmbeddedServer | None

    def ensure_running(self) -> bool:
        """Start the embedded server if it died. True when it had to be started."""
        return self.server.ensure_running() if self.server else False


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The operator's database, or the embedded one: found running or started for the while."""
    if settings.database_url is not None:
        yield Database(settings, settings.database_url, server=None)
        return
    with embedded_server(settings.data_dir) as server:
        yield Database(replace(settings, database_url=server.url), server.url, server)


def migrate(settings: Settings, *, distributed: bool = False) -> list[str]:
    """Bring the schema up to date. Lines for a person to read."""
    outcome = apply.migrate(_url(settings), distributed=distributed)
    return [
        *(f"migrated {name}" for name in outcome.applied),
        *(f"distributed {table}" for table in outcome.distributed),
        *(f"warning: {warning}" for warning in outcome.warnings),
    ]


def ensure_demo(settings: Settings) -> None:
    """Make the demo account if it is not there."""


def welcome(settings: Settings) -> str:
    """What `run` prints once the service is ready: address, demo login and key, next steps."""
    return f"\nSubledger is ready: {settings.address}\n"


def create_app(settings: Settings | None = None) -> falcon.App[falcon.Request, falcon.Response]:
    """The web application. Called in each gunicorn worker, after the fork."""
    settings = settings or read_settings()
    app = falcon.App()
    app.add_route("/healthz", _Health())
    app.add_route("/readyz", _Readiness(_url(settings)))
    return app


def run_worker(settings: Settings, stop: Stop) -> None:  # noqa: ARG001 - filled with the runner
    """Project and deliver until told to stop."""
    stop.wait()


def run_scheduler(settings: Settings, stop: Stop) -> None:  # noqa: ARG001 - filled with the jobs
    """Fire what is due until told to stop."""
    stop.wait()


def diagnose_schema(settings: Settings) -> list[Finding]:
    """What `doctor` says about the schema."""
    with psycopg.connect(_url(settings)) as conn:
        if apply.current(conn):
            return [Finding("ok", "migrations", "current")]
        return [Finding("fail", "migrations", "not current: run subledger migrate")]


def _url(settings: Settings) -> str:
    if settings.database_url is None:
        raise ValueError("which database? enter bootstrap.database() and use its settings")
    return settings.database_url


class _Health:
    def on_get(self, _: falcon.Request, answer: falcon.Response) -> None:
        answer.media = {"status": "ok"}


class _Readiness:
    def __init__(self, url: str) -> None:
        self._url = url

    def on_get(self, _: falcon.Request, answer: falcon.Response) -> None:
        reason = self._missing()
        answer.status = falcon.HTTP_503 if reason else falcon.HTTP_200
        answer.media = {"status": reason or "ready"}

    def _missing(self) -> str | None:
        try:
            with psycopg.connect(self._url, connect_timeout=2) as conn:
                return None if apply.current(conn) else "migrations"
        except psycopg.Error:
            return "database"
