"""The embedded server: started, shared, brought back after a kill, on paths of any length."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from settings import CHECKOUT
from store import embedded
from store.embedded import EmbeddedServer, ServerFailed, embedded_server

STARTER = """
import sys
from pathlib import Path
from store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.read()
server.close()
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def test_what_was_committed_survives_a_stop_and_a_start(data_dir: Path) -> None:
    with embedded_server(data_dir) as server:
        write(server.url, "stopped")
    assert not postmasters(data_dir)
    with embedded_server(data_dir) as server:
        assert "stopped" in read(server.url)


def test_what_was_committed_survives_the_kill_of_the_server(data_dir: Path) -> None:
    with embedded_server(data_dir) as server:
        write(server.url, "killed")
        kill(postmasters(data_dir))
        assert server.ensure_running()
        assert "killed" in read(server.url)


def test_commits_never_wait_for_more_than_a_few_megabytes_of_zeros(data_dir: Path) -> None:
    with embedded_server(data_dir) as server, psycopg.connect(server.url) as connection:
        shown = connection.execute("SHOW wal_segment_size").fetchone()
    assert shown == ("4MB",)


def test_a_living_server_is_left_alone(data_dir: Path) -> None:
    with embedded_server(data_dir) as server:
        before = postmasters(data_dir)
        assert not server.ensure_running()
        assert postmasters(data_dir) == before


def test_the_last_of_several_processes_stops_it(data_dir: Path) -> None:
    with embedded_server(data_dir) as server:
        other = starter(data_dir)
        assert url_of(other) == server.url
    assert postmasters(data_dir), "stopped under the other process"
    other.communicate()
    assert not postmasters(data_dir)


def test_a_process_that_was_killed_holds_no_share(data_dir: Path) -> None:
    other = starter(data_dir)
    url_of(other)
    other.kill()
    other.communicate()
    assert postmasters(data_dir), "the server is nobody's child"
    with embedded_server(data_dir):
        pass
    assert not postmasters(data_dir)


def test_two_that_start_at_once_get_the_same_server(tmp_path: Path) -> None:
    both = [starter(tmp_path), starter(tmp_path)]
    urls = {url_of(each) for each in both}
    assert len(urls) == 1
    assert len(postmasters(tmp_path)) == 1
    for each in both:
        each.communicate()


def test_a_stale_pid_file_that_names_a_stranger_is_no_server(data_dir: Path) -> None:
    with embedded_server(data_dir):
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        kill(postmasters(data_dir))
        lines[0] = str(psutil.Process().pid)
        (data_dir / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with embedded_server(data_dir) as server:
        assert read(server.url)


@pytest.mark.parametrize("name", ["d" * 120, "a, b%c and ü"])
def test_a_path_too_long_for_a_socket_is_served_from_a_short_one(tmp_path: Path, name: str) -> None:
    with embedded_server(tmp_path / name) as server:
        write(server.url, "far away")
        sockets = Path(str(conninfo_to_dict(server.url)["host"]))
        assert sockets.stat().st_mode & 0o077 == 0
    assert not sockets.exists()


def test_a_folder_prepared_by_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "elsewhere"
    (tmp_path / "sockets").symlink_to(trap)
    trap.mkdir()
    monkeypatch.setattr(embedded, "_socket_dir", lambda _: tmp_path / "sockets")
    with pytest.raises(PermissionError):
        EmbeddedServer(tmp_path / "data")


def test_a_start_that_is_interrupted_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Path) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded, "is_ready", interrupted)
    with pytest.raises(KeyboardInterrupt):
        EmbeddedServer(tmp_path)
    assert not postmasters(tmp_path)


def test_a_server_that_cannot_start_says_why(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(embedded.SERVER_SETTINGS, "shared_buffers", "nonsense")
    with pytest.raises(ServerFailed, match='invalid value for parameter "shared_buffers"'):
        EmbeddedServer(data_dir)


def write(url: str, text: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
        conn.execute("INSERT INTO notes VALUES (%s)", [text])


def read(url: str) -> set[str]:
    with psycopg.connect(url) as conn:
        return {row[0] for row in conn.execute("SELECT text FROM notes")}


def postmasters(data_dir: Path) -> set[int]:
    wanted = str(data_dir / "postgres")
    return {each.pid for each in psutil.process_iter() if _serves(each, wanted)}


def _serves(process: psutil.Process, pgdata: str) -> bool:
    try:
        return process.name() == "postgres" and pgdata in process.cmdline()
    except psutil.Error:
        return False


def kill(pids: set[int]) -> None:
    processes = [psutil.Process(pid) for pid in pids]
    for process in processes:
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(processes, timeout=5)


def starter(data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, str(data_dir)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_start_by_another_that_is_killed_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it is waited for, nobody else can start the server."""
    with embedded_server(tmp_path / "data"):

        def killed(pgdata: Path) -> bool:
            for number in postmasters(tmp_path / "data"):
                psutil.Process(number).kill()
            return False

        with monkeypatch.context() as patch:
            patch.setattr(embedded, "is_ready", killed)
            patch.setattr(embedded, "_START_LIMIT_SECONDS", 5)
            with pytest.raises(ServerFailed, match="ended while starting"):
                EmbeddedServer(tmp_path / "data")
