"""Migrations: once, in order, never changed, safe for two at once, with or without the role."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cli.main import main
from migrations.apply import MigrationRefused, current, migrate
from migrations.distribution import NoCluster
from migrations.service_role import SERVICE_ROLE, rights_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RIGHTS = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE_ROLE}') THEN
        GRANT SELECT, INSERT ON facts TO {SERVICE_ROLE};
    END IF;
END
$$;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_create_facts.sql").write_text(f"CREATE TABLE facts (fact text);{RIGHTS}")
    (tmp_path / "0002_add_weight.sql").write_text("ALTER TABLE facts ADD weight integer;")
    return tmp_path


def test_each_is_applied_once_in_order(empty_database: str, folder: Path) -> None:
    assert migrate(empty_database, folder).applied == ["0001 create_facts", "0002 add_weight"]
    assert migrate(empty_database, folder).applied == []


def test_current_is_true_only_at_the_last_one(empty_database: str, folder: Path) -> None:
    with psycopg.connect(empty_database, autocommit=True) as conn:
        assert not current(conn, folder)
        migrate(empty_database, folder)
        assert current(conn, folder)
        (folder / "0003_drop_weight.sql").write_text("ALTER TABLE facts DROP weight;")
        assert not current(conn, folder)


def test_one_that_fails_leaves_nothing_of_itself(empty_database: str, folder: Path) -> None:
    (folder / "0003_break_down.sql").write_text("CREATE TABLE half (a int); SELECT 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database, folder)
    with psycopg.connect(empty_database) as conn:
        assert conn.execute("SELECT to_regclass('half'), to_regclass('facts')").fetchone() == (
            None,
            "facts",
        )


def test_a_changed_one_is_refused_before_anything_happens(
    empty_database: str, folder: Path
) -> None:
    migrate(empty_database, folder)
    (folder / "0002_add_weight.sql").write_text("ALTER TABLE facts ADD weight bigint;")
    (folder / "0003_drop_facts.sql").write_text("DROP TABLE facts;")
    with pytest.raises(MigrationRefused, match="0002 add_weight was changed"):
        migrate(empty_database, folder)
    with psycopg.connect(empty_database) as conn:
        assert conn.execute("SELECT count(*) FROM schema_migrations").fetchone() == (2,)


def test_a_newer_database_is_refused(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    (folder / "0002_add_weight.sql").unlink()
    with pytest.raises(MigrationRefused, match="newer than this release"):
        migrate(empty_database, folder)


def test_a_number_left_out_can_be_filled_later(empty_database: str, folder: Path) -> None:
    (folder / "0004_create_more.sql").write_text("CREATE TABLE more (a integer PRIMARY KEY);")
    assert migrate(empty_database, folder).applied[-1] == "0004 create_more"
    (folder / "0003_create_less.sql").write_text("CREATE TABLE less (a integer PRIMARY KEY);")
    assert migrate(empty_database, folder).applied == ["0003 create_less"]


@pytest.mark.parametrize("name", ["0002_number_twice.sql", "3_short.sql", "0003-dash.sql"])
def test_a_name_that_breaks_the_row_is_refused(
    empty_database: str, folder: Path, name: str
) -> None:
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(MigrationRefused):
        migrate(empty_database, folder)


def test_two_at_once_apply_each_once(empty_database: str, folder: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: migrate(empty_database, folder).applied, range(4)))
    assert sorted(name for applied in outcomes for name in applied) == [
        "0001 create_facts",
        "0002 add_weight",
    ]


def test_the_service_may_add_and_not_change(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    service = make_conninfo(empty_database, options=f"-c role={SERVICE_ROLE}")
    with psycopg.connect(service, autocommit=True) as conn:
        conn.execute("INSERT INTO facts VALUES ('kept')")
        for statement in ("UPDATE facts SET fact = 'changed'", "DELETE FROM facts"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement)


def test_an_owner_who_may_not_create_roles_is_told_and_goes_on(
    plain_owner: str, folder: Path
) -> None:
    outcome = migrate(plain_owner, folder)
    assert outcome.applied == ["0001 create_facts", "0002 add_weight"]
    assert SERVICE_ROLE in outcome.warnings[0]


def test_rights_are_repeated_when_the_role_comes_later(
    empty_database: str, plain_owner: str, folder: Path
) -> None:
    migrate(plain_owner, folder)
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(f"GRANT {SERVICE_ROLE} TO plain_owner")
        conn.execute(f"REVOKE ALL ON facts FROM {SERVICE_ROLE}")
        assert SERVICE_ROLE not in " ".join(migrate(plain_owner, folder).warnings)
        granted = conn.execute("SELECT has_table_privilege(%s, 'facts', 'INSERT')", [SERVICE_ROLE])
        assert granted.fetchone() == (True,)


def test_only_blocks_about_the_role_are_rights() -> None:
    other = "\nDO $do$ BEGIN PERFORM 1; END $do$;\n"
    assert rights_in(f"{other}{RIGHTS}{other}") == [RIGHTS.strip()]


def test_distribution_without_citus_says_so(empty_database: str, folder: Path) -> None:
    with pytest.raises(NoCluster, match="CREATE EXTENSION citus"):
        migrate(empty_database, folder, distributed=True)


@pytest.fixture
def plain_owner(empty_database: str) -> Iterator[str]:
    """A login without any right to roles, owning the schema; not a member of the service role."""
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("CREATE ROLE plain_owner LOGIN PASSWORD 'plain'")
        conn.execute("GRANT ALL ON SCHEMA public TO plain_owner")
        yield make_conninfo(empty_database, user="plain_owner", password="plain")
        conn.execute("DROP OWNED BY plain_owner; DROP ROLE plain_owner")


def test_a_command_on_a_database_of_before_says_what_to_do(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = conninfo_to_dict(empty_database)
    monkeypatch.setenv(
        "DATABASE_URL", f"postgresql://{at['user']}@/{at['dbname']}?host={at['host']}"
    )
    monkeypatch.setattr("sys.argv", ["subledger", "verify"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "run subledger migrate" in capsys.readouterr().err
