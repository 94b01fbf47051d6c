"""All SQL and every schema object could live on many machines, spread by account_id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from settings import CHECKOUT
from tests.architecture import sql
from tests.architecture.checkout import files, name, sources
from tests.architecture.sql import Statement, broken_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

MAY_HOLD_SQL = ("store", "projections", "migrations")
ACROSS = {"no account_id", "a join across accounts"}
EXCEPTIONS: dict[str, set[str]] = {
    # The one place for what spans accounts: sweeps of heads and leases, one row an account.
    "store/operations.py": ACROSS,
    # Serialises two `migrate` commands, long before anything is distributed.
    "migrations/apply.py": {"LOCK TABLE"},
    # Makes the embedded server's one database: there is nothing to migrate yet.
    "store/embedded.py": {"DDL outside migrations"},
}
WITHOUT_ACCOUNT: dict[str, str] = {"schema_migrations": "the schema's own journal, one a database"}
"""Tables that belong to no account, each with its reason."""


def statements() -> Iterator[Statement]:
    for path in sources():
        yield from sql.in_python(name(path), path.read_text(encoding="utf-8"))
    for path in files():
        if path.suffix == ".sql":
            yield from sql.in_sql(name(path), path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def account_tables(database_url: str) -> set[str]:
    with psycopg.connect(database_url) as conn:
        return {row[0] for row in conn.execute(_ACCOUNT_TABLES)}


def test_every_statement_keeps_to_one_account(account_tables: set[str]) -> None:
    broken = {
        str(each): rules
        for each in statements()
        if (rules := broken_rules(each, account_tables, EXCEPTIONS.get(each.where, ())))
    }
    assert not broken


def test_sql_is_only_where_it_belongs() -> None:
    assert not [str(each) for each in statements() if each.where.split("/")[0] not in MAY_HOLD_SQL]


def test_no_exception_is_for_a_file_that_is_gone() -> None:
    expected_later = {"store/operations.py"}
    assert all((CHECKOUT / file).exists() for file in EXCEPTIONS.keys() - expected_later)


@pytest.fixture
def schema(database_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(database_url) as conn:
        yield conn
        conn.rollback()


Schema = psycopg.Connection[tuple[object, ...]]


def schema_faults(conn: Schema) -> set[str]:
    rows = [row for query in _FAULTS for row in conn.execute(query)]
    return {f"{table}: {fault}" for table, fault in rows if table not in WITHOUT_ACCOUNT}


def test_every_schema_object_belongs_to_one_account(schema: Schema) -> None:
    assert not schema_faults(schema)


@pytest.mark.parametrize(
    ("ddl", "fault"),
    [
        ("CREATE TABLE t (id uuid PRIMARY KEY)", "t: no account_id"),
        ("CREATE TABLE t (account_id uuid, a int)", "t: account_id may be null"),
        ("CREATE TABLE t (account_id uuid NOT NULL, a int)", "t: no primary key"),
        (
            "CREATE TABLE t (account_id uuid, id uuid, PRIMARY KEY (id, account_id))",
            "t: t_pkey does not lead with account_id",
        ),
        (
            "CREATE TABLE t (account_id uuid, id uuid UNIQUE, PRIMARY KEY (account_id, id))",
            "t: t_id_key does not lead with account_id",
        ),
        (
            "CREATE TABLE t (account_id uuid, id bigserial, PRIMARY KEY (account_id, id))",
            "t: id is numbered by a sequence",
        ),
        (
            "CREATE TABLE t (account_id uuid, id int GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (account_id, id))",
            "t: id is numbered by a sequence",
        ),
        (
            "CREATE TABLE t (account_id uuid PRIMARY KEY, other uuid REFERENCES t)",
            "t: t_other_fkey refers to another account",
        ),
        (
            "CREATE TABLE t (account_id uuid PRIMARY KEY);"
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "t: trigger g",
        ),
    ],
)
def test_a_bad_schema_object_is_recognised(schema: Schema, ddl: str, fault: str) -> None:
    schema.execute(ddl)
    assert fault in schema_faults(schema)


BAD = {
    "LOCK TABLE": "LOCK TABLE heads IN EXCLUSIVE MODE",
    "advisory locks": "SELECT pg_advisory_xact_lock(1) FROM heads WHERE account_id = %s",
    "a sequence's number as order": "CREATE TABLE t (account_id uuid, n bigserial)",
    "transaction ids as order": "SELECT * FROM heads WHERE account_id = %s AND xmin::text = ''",
    "NOTIFY": "NOTIFY events",
    "triggers": "CREATE TRIGGER t AFTER INSERT ON heads EXECUTE FUNCTION f()",
    "session state across transactions": "SET search_path = other",
    "a foreign key without the account": "CREATE TABLE t (account_id uuid, a uuid REFERENCES heads (a))",
    "DDL outside migrations": "CREATE INDEX i ON heads (account_id)",
    "a modifying CTE before INSERT … SELECT": (
        "WITH taken AS (DELETE FROM heads WHERE account_id = %s RETURNING *)"
        " INSERT INTO claims (account_id) SELECT account_id FROM taken"
    ),
    "no account_id": "SELECT state FROM heads WHERE position > %s",
    "a join across accounts": (
        "SELECT h.account_id FROM heads h JOIN claims c ON c.position = h.position WHERE h.account_id = %s"
    ),
}


@pytest.mark.parametrize("rule", BAD)
def test_a_bad_statement_is_recognised(rule: str) -> None:
    (found,) = sql.in_python("store/x.py", f"query = {BAD[rule]!r}")
    assert rule in broken_rules(found, {"heads", "claims"})


@pytest.mark.parametrize(
    "source",
    [
        'conn.execute(f"SELECT a FROM {table} WHERE " + condition + " ORDER BY a")',
        'conn.execute("DELETE FROM heads")',
        'QUERY = """\n-- why\nUPDATE heads SET a = 1"""',
        "def f():\n    return ('SELECT a '\n            'FROM heads')",
        'X = {"a": ["INSERT INTO heads VALUES (1)"]}',
        'run("WITH gone AS (SELECT 1) SELECT 2")',
        'run("select a from heads")',
    ],
)
def test_sql_is_found_wherever_it_is_written(source: str) -> None:
    assert len(list(sql.in_python("store/x.py", source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""Select what is due, then update it."""',
        'raise E("Update the card and try again")',
        'x = "set"',
    ],
)
def test_prose_is_not_sql(source: str) -> None:
    assert not list(sql.in_python("store/x.py", source))


def test_statements_in_function_bodies_are_read() -> None:
    script = """
    CREATE FUNCTION f(_account uuid) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE heads SET a = ';' WHERE account_id = _account;
        DELETE FROM claims;
    END $$;
    """
    broken = [
        each
        for each in sql.in_sql("migrations/x.sql", script)
        if broken_rules(each, {"heads", "claims"})
    ]
    assert [each.text for each in broken] == ["DELETE FROM claims"]
    assert broken[0].line == 5


_TABLES = (
    "c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
)
_ACCOUNT = "a.attrelid = c.oid AND a.attname = 'account_id' AND NOT a.attisdropped"
_ACCOUNT_TABLES = (
    f"SELECT c.relname FROM pg_class c JOIN pg_attribute a ON {_ACCOUNT} WHERE {_TABLES}"
)
_FAULTS = (
    f"SELECT c.relname, 'no account_id' FROM pg_class c WHERE {_TABLES}"
    f" AND NOT EXISTS (SELECT FROM pg_attribute a WHERE {_ACCOUNT})",
    f"SELECT c.relname, 'account_id may be null' FROM pg_class c JOIN pg_attribute a ON {_ACCOUNT}"
    f" WHERE {_TABLES} AND NOT a.attnotnull",
    f"SELECT c.relname, 'no primary key' FROM pg_class c WHERE {_TABLES}"
    " AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)",
    "SELECT c.relname, x.relname || ' does not lead with account_id' FROM pg_class c"
    " JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique JOIN pg_class x ON x.oid = i.indexrelid"
    f" LEFT JOIN pg_attribute a ON {_ACCOUNT} AND a.attnum = i.indkey[0] WHERE {_TABLES} AND a.attnum IS NULL",
    "SELECT c.relname, a.attname || ' is numbered by a sequence' FROM pg_class c"
    " JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
    f" WHERE {_TABLES} AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%')",
    "SELECT c.relname, k.conname || ' refers to another account' FROM pg_class c"
    " JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'"
    f" LEFT JOIN pg_attribute a ON {_ACCOUNT} AND a.attnum = k.conkey[1] WHERE {_TABLES} AND a.attnum IS NULL",
    "SELECT c.relname, 'trigger ' || t.tgname FROM pg_class c"
    f" JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal WHERE {_TABLES}",
)
