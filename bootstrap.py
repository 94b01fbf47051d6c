"""Puts the parts together: the one place that knows all of them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

import psycopg
from apscheduler.schedulers.background import BackgroundScheduler

import demo_account
from api import app as api_app
from api.gate import Gate
from api.limits import Limits
from api.services import Services
from domain.catalog.compiler import BuiltIn
from domain.shared.errors import ClockMoving
from gateways.billing_agent import HttpAgent
from migrations import apply, search
from parts import SCHEDULER, EveryAccount, Parts
from projections.companion import Companion, spare_collections
from projections.generations import delete_retired
from projections.groups import GROUPS
from projections.sweeping import run_sweep
from scheduler.due import Summary, run_due
from scheduler.exports import ExportWork
from scheduler.jobs import DueWork
from settings import Settings, read_settings
from store.diagnosis import Finding
from store.embedded import EmbeddedServer, embedded_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from api.app import App
    from domain.catalog.billing_agent import BillingAgent
    from domain.commands.act import Act

_CLEANING_SECONDS = 60
_DUE_SECONDS = 5
_EXPORT_SECONDS = 1


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
    """Make the demo account, or finish it, if it is not whole; its key is kept beside the data."""
    parts = Parts(_url(settings))
    try:
        demo_account.ensure(parts, settings.data_dir)
    finally:
        parts.close()


def welcome(settings: Settings) -> str:
    """What `run` prints once the service is ready: address, demo key, next steps."""
    lines = [
        "",
        f"Subledger is ready: {settings.address}",
        f"  read the API: {settings.address}/docs",
    ]
    if settings.demo and (kept := demo_account.kept(settings.data_dir)) is not None:
        key, login = kept["api_key"], kept.get("login")
        report = f"{settings.address}/core/v1/reports/deferred_revenue"
        lines += [
            f"  demo API key: {key}",
            *([f"  demo login: {login['email']} {login['password']}"] if login else []),
            "  next, try:",
            f'    curl -H "Authorization: Bearer {key}" "{report}"',
            "    .venv/bin/subledger account create --test --name Mine --timezone Europe/Berlin",
        ]
    return "\n".join([*lines, ""])


def create_app(settings: Settings | None = None) -> App:
    """The web application. Called in each gunicorn worker, after the fork."""
    settings = settings or read_settings()
    parts = _parts(settings, settings.web_threads + 4)
    limits = Limits(settings.rate_limit, settings.failure_limit, settings.trusted_proxies)
    given = services(parts, billing_agent(settings))
    gate = Gate(settings.web_at_work)
    return api_app.create_app(replace(given, limits=limits, gate=gate))


def _parts(settings: Settings, pool_size: int = 16) -> Parts:
    return Parts(
        _url(settings), pool_size, settings.gateways_file, sandbox_live=settings.sandbox_live
    )


def billing_agent(settings: Settings) -> BillingAgent:
    """The operator's, where one is named; else the one that is built in."""
    url = settings.billing_agent_url
    if url is None:
        return BuiltIn()
    return HttpAgent(url, settings.billing_agent_timeout, settings.billing_agent_token)


def services(parts: Parts, agent: BillingAgent | None = None) -> Services:
    """What the edge is given."""

    accounts = EveryAccount(parts)

    def advance(account_id: UUID, to: datetime, act: Act) -> Summary:
        with accounts.lease(account_id, "clock") as hold:
            _require_clock(hold())
            desk = parts.desk(account_id, act)

            def keep(_: object) -> None:
                _require_clock(hold())

            return run_due(desk, to, on_step=keep, on_page=keep)

    return Services(
        connections=parts.connections,
        books_for=parts.books,
        books_within=parts.books_within,
        gateways_of=parts.gateways_of,
        accounts_with=parts.accounts_with,
        sandbox_secret=parts.sandbox_secret,
        look_ahead=parts.store.look_ahead,
        advance=advance,
        billing_agent=agent or BuiltIn(),
    )


def _require_clock(held: bool) -> None:  # noqa: FBT001 - the answer of the lease itself
    if not held:
        raise ClockMoving(detail="another request is advancing this account's clock")


def run_worker(settings: Settings, stop: Stop) -> None:
    """Project what was recorded, and delete what rebuilds left behind, until told to stop."""
    parts = Parts(_url(settings))
    companion = Companion(_url(settings))
    jobs = BackgroundScheduler(timezone="UTC")
    clean = partial(delete_retired, parts.connections, GROUPS)
    for job in (clean, companion.ensure):
        jobs.add_job(job, "interval", seconds=_CLEANING_SECONDS, max_instances=1, coalesce=True)
    companion.ensure()
    jobs.start()
    spare_collections()
    try:
        run_sweep(parts.connections, GROUPS, stop)
    finally:
        jobs.shutdown(wait=True)
        companion.end()
    parts.close()


def run_scheduler(settings: Settings, stop: Stop) -> None:
    """Fire what is due until told to stop."""
    parts = _parts(settings)
    jobs = BackgroundScheduler(timezone="UTC")
    spare_collections()  # bulk work makes thousands of objects without cycles
    work = DueWork(EveryAccount(parts))
    jobs.add_job(
        work,
        "interval",
        seconds=_DUE_SECONDS,
        next_run_time=datetime.now(UTC),  # what a killed process left has waited already
        max_instances=1,
        coalesce=True,
    )
    exports = ExportWork(parts.connections, parts.books, EveryAccount(parts), SCHEDULER)
    jobs.add_job(exports, "interval", seconds=_EXPORT_SECONDS, max_instances=1, coalesce=True)
    jobs.start()
    stop.wait()
    jobs.shutdown(wait=True)
    parts.close()


def diagnose_schema(settings: Settings) -> list[Finding]:
    """What `doctor` says about the schema."""
    with psycopg.connect(_url(settings)) as conn:
        if not apply.current(conn):
            return [Finding("fail", "migrations", "not current: run subledger migrate")]
        found = Finding("ok", "text search", "by trigram index")
        if not search.available(conn):
            found = Finding("warn", "text search", search.MISSING)
        return [Finding("ok", "migrations", "current"), found]


def _url(settings: Settings) -> str:
    if settings.database_url is None:
        raise ValueError("which database? enter bootstrap.database() and use its settings")
    return settings.database_url
