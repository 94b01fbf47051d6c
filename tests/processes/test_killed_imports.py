"""An import by the command line, killed at any moment with the database it runs on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from domain.shared.identifiers import uuid_of
from settings import CHECKOUT
from store.embedded import embedded_server
from tests.importer.made_up import write
from tests.processes.running import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED = int(os.environ.get("KILL_SEED", "0")) or random.randrange(10**6)
FIGURES = {
    "subscriptions": """SELECT old_provider_id, status, current_period_end, cancel_at_period_end
        FROM subscriptions WHERE account_id = %s ORDER BY 1""",
    "invoices": """SELECT s.old_provider_id, i.issued_at, i.total, i.amount_paid, i.status,
             i.paid_at
        FROM invoices i JOIN subscriptions s
          ON s.account_id = i.account_id AND s.id = i.subscription_id
       WHERE i.account_id = %s ORDER BY 1, 2""",
    "payments": """SELECT started_at, amount, status, category, count(*)
        FROM payments WHERE account_id = %s GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
    "journal": """SELECT posting_date, effective_date, ledger_account, sum(amount), count(*)
        FROM journal_lines WHERE account_id = %s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
    "segments": """SELECT start_date, end_date, amount, count(*)
        FROM segments WHERE account_id = %s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
}


class Imports:
    """One data folder, and what the program does with a file in it."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.environment = {**os.environ, "SUBLEDGER_DATA_DIR": str(self.data_dir)}
        self.environment.pop("DATABASE_URL", None)
        self.url = ""
        self._file = write(folder / "rows.csv", rows=48, longest=24)

    def account(self) -> str:
        made = self.run("account", "create", "--name", "I", "--timezone", "UTC")
        account: str = json.loads(made.stdout)["account_id"]
        return account

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *words], env=self.environment, capture_output=True, text=True, check=False
        )

    def words(self, account: str) -> list[str]:
        mapping = CHECKOUT / "examples" / "telco" / "mapping.toml"
        words = ["import", "subscribers", str(self._file), "--mapping", str(mapping)]
        return [*words, "--until", "2025-12-31T23:59:59", "--account", account]

    def begin(self, account: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [PROGRAM, *self.words(account)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def postmaster(self) -> psutil.Process:
        number = (self.data_dir / "postgres" / "postmaster.pid").read_text().split()[0]
        return psutil.Process(int(number))


@pytest.fixture(scope="module")
def imports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imports]:
    made = Imports(tmp_path_factory.mktemp("imports"))
    with embedded_server(made.data_dir) as server:
        made.url = server.url
        yield made


def position(url: str, account: str) -> int:
    """0 while the database does not answer."""
    try:
        with psycopg.connect(url) as connection:
            found = connection.execute(
                "SELECT position FROM heads WHERE account_id = %s", [uuid_of(account, "acct")]
            ).fetchone()
    except psycopg.OperationalError:
        return 0
    return int(found[0]) if found else 0


def figures(url: str, account: str) -> dict[str, list[tuple[object, ...]]]:
    with psycopg.connect(url) as connection:
        return {
            name: connection.execute(statement, [uuid_of(account, "acct")]).fetchall()
            for name, statement in FIGURES.items()
        }


def test_imports_killed_with_their_database_come_to_the_same_figures(imports: Imports) -> None:
    dice = random.Random(SEED)
    killed, whole = imports.account(), imports.account()
    for victim in ("database", "backend", "import"):
        process = imports.begin(killed)
        before = position(imports.url, killed)
        wanted = before + dice.randint(1, 300)
        while process.poll() is None and position(imports.url, killed) < wanted:
            time.sleep(0.01)
        hit(imports, process, victim, dice)
        told, _ = process.communicate()
        assert "Traceback" not in told, told
    last = imports.run(*imports.words(killed))
    assert last.returncode == 0, last.stdout + last.stderr
    again = imports.run(*imports.words(killed))
    assert "Nothing was left to do" in again.stdout, again.stdout
    assert imports.run(*imports.words(whole)).returncode == 0
    assert figures(imports.url, killed) == figures(imports.url, whole), f"seed {SEED}"
    verified = imports.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def hit(imports: Imports, process: subprocess.Popen[str], victim: str, dice: random.Random) -> None:
    try:
        targets = {
            "import": lambda: [psutil.Process(process.pid)],
            "database": lambda: [imports.postmaster()],
            "backend": lambda: [
                each
                for each in imports.postmaster().children()
                if "[local]" in " ".join(each.cmdline())
            ],
        }[victim]()
        if targets:
            dice.choice(targets).send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        pass
