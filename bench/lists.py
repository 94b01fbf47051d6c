"""Lists and searches of a million customers over HTTP, beside the same rows by bare SQL."""

from __future__ import annotations

import json
import time
from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import psycopg

from bench.clients import ask_health, cuts, timed
from bench.figures import at_most, plain
from bench.http import serving
from domain.commands.act import Act
from domain.shared.recording import Context
from migrations.search import ensure_search
from parts import Parts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

from bench.figures import Figure
from bench.wire import Wire

Query = dict[str, str]
LIST_MS, SEARCH_MS = 30, 100
"""Of the slowest hundredth."""

_ORGANIZATIONS = 5000
_FILL = """
INSERT INTO customers (account_id, generation, id, version, created_at, updated_at, email,
                       first_name, last_name, language, phone, organization_id, old_provider_id,
                       metadata)
SELECT %(account)s, 1, 'cus_' || lpad(i::text, 26, '0'), 1, d.at, d.at,
       lower(n.first || '.' || n.last) || i || '@' || n.host || '.example',
       n.first, n.last, n.language, '+1555' || lpad(i::text, 7, '0'),
       CASE WHEN i %% 3 = 0 THEN 'org_' || lpad((i %% %(organizations)s)::text, 26, '0') END,
       'C-' || i, '{}'
  FROM generate_series(1, %(rows)s) AS i
 CROSS JOIN LATERAL (SELECT hashint4(i)::bigint + 2147483648 AS dice) AS r
 CROSS JOIN LATERAL (SELECT
       (%(first)s::text[])[1 + dice %% %(firsts)s] AS first,
       (%(last)s::text[])[1 + dice / 64 %% %(lasts)s]
           || (%(ending)s::text[])[1 + dice / 4096 %% %(endings)s] AS last,
       (ARRAY['en', 'de', 'fr', 'es'])[1 + dice / 65536 %% 4] AS language,
       (ARRAY['mail', 'post', 'letters'])[1 + dice / 131072 %% 3] AS host) AS n
 CROSS JOIN LATERAL (SELECT timestamptz '2023-01-01' + i * interval '1 minute' AS at) AS d"""
_FIRST = (
    "Ada", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gina", "Hugo", "Iris", "Jack", "Julio", "Kim",
    "Lena", "Max", "Nora", "Otto",
)  # fmt: skip
_LAST = (
    "Smith", "Johnson", "Müller", "García", "Nguyen", "Novak", "Rossi", "Dubois", "Silva", "Cohen",
    "Okafor",
)  # fmt: skip
_ENDING = ("", "son", "mann", "ez", "ova", "ini", "ski", "sen", "berg", "field", "wood", "ham")
_LISTS: tuple[Query, ...] = (
    {"language": "de", "sort": "last_name"},
    {"organization_id": f"org_{300:026}", "sort": "-created_at"},
    {"last_name": "Rossiberg", "sort": "email"},
    {"language": "fr", "created_at[gte]": "2024-01-01", "sort": "created_at"},
    {"created_at[gte]": "2023-06-01", "created_at[lt]": "2023-06-08", "sort": "email"},
    {"first_name": "Iris", "sort": "-last_name"},
)
_SEARCHES: tuple[Query, ...] = tuple(
    {"q": sought}
    for sought in (
        "ada", "müller", "garcíaez", "iris okaforwood", "C-777777", "iris.novak", "@post.example",
        "nguyenham hugo", "nobody", "+1555012", "kim.silvaski99", "rossi@", "cus_00000", "son",
    )
)  # fmt: skip
_BARE_LIST = """
SELECT * FROM customers WHERE account_id = %(account)s AND generation = 1 AND language = 'de'
 ORDER BY last_name, id LIMIT 51"""
_BARE_SEARCH = """
SELECT * FROM customers WHERE account_id = %(account)s AND generation = 1
   AND old_provider_id = 'C-777777'"""


def lists(conninfo: str, rows: int = 1_000_000, turns: int = 600) -> list[Figure]:
    """`conninfo` is the owner's: the rows are put into the table as they are."""
    parts = Parts(conninfo, sandbox_live=True)
    act = Act(Context("bench", "api"))
    opened = parts.open_account(act, name="B", timezone="UTC", currency="USD", livemode=True)
    parts.close()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        _fill(connection, opened.account_id, rows)
        bare = [
            cuts([timed(partial(_bare, connection, sql, opened.account_id)) for _ in range(turns)])
            for sql in (_BARE_LIST, _BARE_SEARCH)
        ]
    asked: list[Query] = [{**each, "limit": "50"} for each in _LISTS]
    with serving(conninfo) as port:
        ask_health(port, turns, 0)
        least = cuts(ask_health(port, turns, 0))
        listed = _asked(port, opened.api_key, asked, turns)
        found = _asked(port, opened.api_key, _SEARCHES, turns)
    all_listed, all_found = (cuts([each for one in of for each in one]) for of in (listed, found))
    beside = f"bare HTTP {least}"
    return [
        plain("customers", f"{rows:,}"),
        plain("bare SQL, 50 by filter and order", str(bare[0])),
        plain("bare SQL, one by its old id", str(bare[1])),
        at_most(
            "list of 50 with filter and sort", str(all_listed), all_listed.p99_ms, LIST_MS, beside
        ),
        *(
            plain(f"  {_named(each)}", str(cuts(took)))
            for each, took in zip(_LISTS, listed, strict=True)
        ),
        at_most("text search", str(all_found), all_found.p99_ms, SEARCH_MS, beside),
    ]


def _named(query: Query) -> str:
    """What is asked, without its values."""
    return " ".join(query["sort"] if name == "sort" else name for name in query)


def _fill(connection: psycopg.Connection[Any], account_id: UUID, rows: int) -> None:
    connection.execute("DROP INDEX IF EXISTS customers_search")  # sooner made anew than filled
    values = {
        "account": account_id, "rows": rows, "organizations": _ORGANIZATIONS,
        "first": [*_FIRST], "firsts": len(_FIRST), "last": [*_LAST], "lasts": len(_LAST),
        "ending": [*_ENDING], "endings": len(_ENDING),
    }  # fmt: skip
    connection.execute(_FILL, values)
    ensure_search(connection)
    connection.execute("VACUUM (ANALYZE) customers")


def _bare(connection: psycopg.Connection[Any], sql: str, account_id: UUID) -> None:
    connection.execute(sql, {"account": account_id}).fetchall()


def _asked(port: int, key: str, queries: Sequence[Query], turns: int) -> list[list[float]]:
    """Each query in turn, every page after the first by the cursor of the one before; what each
    took, without the first tenth of the turns.
    """
    connection = Wire(port)
    headers = {"Authorization": f"Bearer {key}"}
    cursors: dict[int, str] = {}

    def ask(number: int) -> bytes:
        more = {"cursor": cursors[number]} if number in cursors else {}
        path = f"/core/v1/customers?{urlencode({**queries[number], **more})}"
        answer = connection.ask("GET", path, headers=headers)
        if answer.status != 200:
            raise RuntimeError(answer.body.decode())
        return answer.body

    spent: list[list[float]] = [[] for _ in queries]
    for turn, number in enumerate(islice(cycle(range(len(queries))), turns + turns // 10)):
        began = time.perf_counter()
        body = ask(number)
        if turn >= turns // 10:
            spent[number].append((time.perf_counter() - began) * 1000)
        follow = json.loads(body)["next_cursor"]
        cursors.pop(number, None)
        if follow is not None:
            cursors[number] = follow
    connection.close()
    return spent
