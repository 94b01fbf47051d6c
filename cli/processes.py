"""The commands that keep running: everything at once, or one process of the Procfile."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import typer

import bootstrap
from cli.run_record import PortTaken, RunRecord
from cli.stopping import Interrupted, StopSignal, end_with_parent, interruptible
from cli.supervisor import Supervisor, read_procfile
from settings import Settings, read_settings
from store.connections import UNAVAILABLE
from store.embedded import ServerFailed

if TYPE_CHECKING:
    from collections.abc import Callable


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(web)
    app.command()(worker)
    app.command()(scheduler)


def run() -> None:
    """Start everything: database, schema, demo account, web, worker and scheduler."""
    end_with_parent()
    settings = read_settings()
    _serve(settings, read_procfile(), demo=settings.demo)


def web() -> None:
    """Serve HTTP only."""
    end_with_parent()
    settings = read_settings()
    _serve(settings, {"web": read_procfile()["web"]}, demo=False)


def worker() -> None:
    """Project events into views and deliver what they cause."""
    _work(bootstrap.run_worker)


def scheduler() -> None:
    """Do what falls due."""
    _work(bootstrap.run_scheduler)


def _work(process: Callable[[Settings, bootstrap.Stop], None]) -> None:
    end_with_parent()
    stop = StopSignal()
    settings = read_settings()
    with bootstrap.database(settings) as database:
        process(database.settings, stop)


def _serve(settings: Settings, commands: dict[str, list[str]], *, demo: bool) -> None:
    record = RunRecord(settings)
    try:
        record.take()
    except PortTaken as reason:
        typer.echo(f"subledger: {reason}", err=True)
        raise typer.Exit(1) from None
    try:
        with interruptible():
            _prepare_and_supervise(settings, commands, record, demo=demo)
    except Interrupted:
        pass  # asked for during the start: an orderly end too
    finally:
        record.release()


def _prepare_and_supervise(
    settings: Settings, commands: dict[str, list[str]], record: RunRecord, *, demo: bool
) -> None:
    with bootstrap.database(settings) as database:
        for line in bootstrap.migrate(database.settings):
            typer.echo(line)
        if demo:
            bootstrap.ensure_demo(database.settings)
        stop = StopSignal()
        greeting = Greeting(database.settings)

        def look_after() -> None:
            _revive(database)
            greeting.look()

        variables = {"DATABASE_URL": database.url, "SUBLEDGER_HOST": settings.host}
        Supervisor(commands, variables, record.write, look_after).run(stop)


def _revive(database: bootstrap.Database) -> None:
    try:
        if database.ensure_running():
            typer.echo("the embedded database had died and was started again", err=True)
    except (
        ServerFailed,
        UNAVAILABLE,
    ) as reason:  # killed again meanwhile, say: the next look tries
        typer.echo(f"the embedded database cannot be started: {reason}", err=True)


class Greeting:
    """Said once, when the service first says that it is ready."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._said = False

    def look(self) -> None:
        if not self._said and _is_ready(self._settings.port):
            self._said = True
            typer.echo(bootstrap.welcome(self._settings))


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
