"""`subledger run` from outside: comes up, survives kills of its parts, ends cleanly, comes back."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.processes.running import (
    PATIENCE_SECONDS,
    PROGRAM,
    Run,
    eventually,
    free_port,
    lives,
    running,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(tmp_path_factory.mktemp("run") / "data") as run:
        yield run


def test_a_second_run_on_the_port_is_refused_in_words(run: Run) -> None:
    second = subprocess.run(
        [PROGRAM, "run"], env=run.environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert f"already runs on port {run.port}" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_that_another_program_holds_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        environment = {**run.environment, "PORT": str(port), "SUBLEDGER_DATA_DIR": str(tmp_path)}
        second = subprocess.run(
            [PROGRAM, "run"], env=environment, capture_output=True, text=True, check=False
        )
    assert second.returncode == 1
    assert f"Port {port} cannot be used" in second.stderr
    assert not (tmp_path / "postgres").exists(), "refused before anything was made"


@pytest.mark.parametrize("words", ["gunicorn", "subledger worker", "subledger scheduler"])
def test_a_killed_process_is_started_again(run: Run, words: str) -> None:
    before = run.part(words)
    before.kill()
    eventually(lambda: any(_other(each, before, words) for each in run.family()), words)
    eventually(run.is_ready, "answers again")


def _other(process: psutil.Process, before: psutil.Process, words: str) -> bool:
    try:
        return process.pid != before.pid and words in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def test_a_killed_database_is_started_again(run: Run) -> None:
    run.part("postgres -D").kill()
    eventually(lambda: not run.is_ready(), "readiness notices")
    eventually(run.is_ready, "answers again")


def test_another_command_finds_the_same_database(run: Run) -> None:
    found = subprocess.run(
        [PROGRAM, "doctor"], env=run.environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert run.is_ready(), "and leaves it running"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_everything_and_comes_back(run: Run, how: signal.Signals) -> None:
    family = run.family()
    assert run.stop(how) == 0
    assert not [each for each in family if lives(each)]
    run.start()
    eventually(run.is_ready, run.log.read_text())


def test_after_a_kill_of_the_supervisor_the_next_run_comes_up(run: Run) -> None:
    run.process.kill()
    run.process.wait()
    run.start()
    eventually(run.is_ready, run.log.read_text())
    eventually(lambda: len(json.loads(_record(run))["groups"]) == 3, "all its own")


def _record(run: Run) -> str:
    return (run.data_dir / f"run-{run.port}.json").read_text() or '{"groups": []}'


def test_a_run_that_is_still_ending_is_waited_for(run: Run) -> None:
    eventually(lambda: f'"pid": {run.process.pid},' in _record(run), "the run is its own")
    eventually(run.is_ready, run.log.read_text())
    run.process.send_signal(signal.SIGTERM)
    before = run.process
    run.start()
    assert before.wait(PATIENCE_SECONDS) == 0
    eventually(run.is_ready, run.log.read_text())


def test_after_a_kill_of_everything_the_next_run_comes_up(run: Run) -> None:
    for each in run.family():
        each.kill()
    run.process.wait()
    run.start()
    eventually(run.is_ready, run.log.read_text())


def test_told_to_end_during_the_start_it_ends(tmp_path: Path) -> None:
    run = Run(tmp_path / "data", free_port())
    eventually((tmp_path / "data" / "postgres").exists, "has begun")
    assert run.stop() == 0
    pgdata = str(tmp_path / "data" / "postgres")
    assert not [each for each in psutil.process_iter() if pgdata in words_of(each)]
