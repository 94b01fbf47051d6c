"""What appending is measured against: the library's own recorder, and a client written in C."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from store.server_programs import program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

_PGBENCH = """
SELECT * FROM append_events(
    '{account}', ARRAY[gen_random_uuid()], ARRAY[1], ARRAY[gen_random_uuid()],
    ARRAY['bench.added'], ARRAY['{state}'::json], '\\x{content}',
    'bench', 'api', NULL, NULL, NULL, NULL, '{account}');
"""


def pgbench(conninfo: str, account_id: UUID, state: bytes, clients: int, seconds: float) -> float:
    """Transactions a second of the same function, asked for by a client written in C."""
    script = _PGBENCH.format(account=account_id, state=state.decode(), content="00" * 32)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script.replace("\n", " "))
        file.flush()
        command = [
            _program(), "-n", "-M", "prepared", "-c", str(clients), "-j", "2",
            "-T", str(max(1, round(seconds))), "-f", file.name, conninfo,
        ]  # fmt: skip
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(output.split("tps = ")[1].split()[0])


def _program() -> str:
    return shutil.which("pgbench") or str(program("pgbench"))


def stock_recorder(conninfo: str) -> PostgresApplicationRecorder:
    known = conninfo_to_dict(conninfo)
    datastore = PostgresDatastore(
        str(known["dbname"]), str(known["host"]), str(known.get("port", 5432)),
        str(known["user"]), str(known.get("password") or ""), schema="bench_stock",
    )  # fmt: skip
    return PostgresApplicationRecorder(datastore)


@contextmanager
def stock_schema(conninfo: str) -> Iterator[None]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bench_stock")
        try:
            stock_recorder(conninfo).create_table()
            yield
        finally:
            connection.execute("DROP SCHEMA bench_stock CASCADE")
