"""The command as it is typed: what it prints, what it leaves behind, how it ends."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from cli.main import app
from importer.problems import ImportRefused
from tests.importer.conftest import TELCO

UNTIL = "2025-12-31T23:59:59Z"


@pytest.fixture
def typed(database_url, monkeypatch, tmp_path):
    known = conninfo_to_dict(database_url)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://?{urlencode(known)}")
    monkeypatch.setenv("SUBLEDGER_DATA_DIR", str(tmp_path / "data"))

    def run(file, *options):
        said = ["import", "subscribers", str(file), "--mapping", str(TELCO), "--until", UNTIL]
        return CliRunner().invoke(app, [*said, *options])

    return run


@pytest.fixture
def wrong(small, tmp_path):
    lines = small.read_text().splitlines(keepends=True)
    file = tmp_path / "wrong.csv"
    file.write_text("".join([*lines[:3], lines[3].replace("Two year", "Whenever"), *lines[4:]]))
    file.write_text(file.read_text().replace("0001-MADEUP", "0000-MADEUP"))
    return file


def test_a_dry_run_counts_and_opens_no_account(typed, small):
    done = typed(small, "--dry-run")
    assert (done.exit_code, done.stdout) == (0, "40 rows can be imported, 0 cannot.\n")


def test_wrong_rows_refuse_the_file_and_are_listed(typed, wrong, tmp_path):
    errors = tmp_path / "errors.csv"
    done = typed(wrong, "--errors", str(errors))
    assert isinstance(done.exception, ImportRefused)
    assert "account_id" not in done.stdout
    assert errors.read_text().splitlines()[0] == "line,column,reason"
    assert {line.split(",")[0] for line in errors.read_text().splitlines()[1:]} == {"3"}


def test_wrong_rows_can_be_left_out(typed, wrong):
    done = typed(wrong, "--skip-wrong-rows")
    assert done.exit_code == 0
    assert "39 customers" in done.stdout


def test_a_run_names_its_account_and_a_second_one_continues_it(typed, small):
    first = typed(small)
    assert first.exit_code == 0
    opened = json.loads(first.stdout.splitlines()[1])
    assert opened.keys() == {"account_id", "api_key", "site_id"}
    again = typed(small, "--account", opened["account_id"])
    assert "Nothing was left to do" in again.stdout
