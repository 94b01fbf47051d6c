"""The commands that measure."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import bootstrap
from bench.telco import telco as measure_telco
from cli.progress import Bar
from parts import Parts
from settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator


def register(app: typer.Typer) -> None:
    benches = typer.Typer(help="Measure this installation.", no_args_is_help=True)
    benches.callback()(_group)
    benches.command("telco")(telco)
    app.add_typer(benches, name="bench")


def _group() -> None:
    """Measure this installation."""


def telco(
    file: Annotated[Path, typer.Argument(help="CSV of a telephone company's subscribers.")],
) -> None:
    """Import the file, compare every figure with a calculation from its columns, and say how fast.

    Ends with 1 when a figure differs. Without DATABASE_URL it uses a database of its own.
    """
    with _parts() as parts, Bar() as bar:
        measured = measure_telco(parts, file, bar)
    for line in measured.lines():
        typer.echo(line)
    if measured.wrong:
        raise typer.Exit(1)


@contextmanager
def _parts() -> Iterator[Parts]:
    settings = read_settings()
    with tempfile.TemporaryDirectory(prefix="subledger-bench-") as folder:
        Path(folder).chmod(0o755)  # the database may run as another user
        with bootstrap.database(replace(settings, data_dir=Path(folder))) as database:
            bootstrap.migrate(database.settings)
            parts = Parts(database.url)
            try:
                yield parts
            finally:
                parts.close()
