"""Exports made in the background: ordered over HTTP, made by the job, fetched by the link alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from domain.commands.act import Act
from domain.shared.recording import Context
from scheduler.exports import MOST_ATTEMPTS, ExportWork
from store import export_files, leases, operations
from tests.api.conftest import Client, Shop, key_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.services import Services


class Free:
    """Leases as a scheduler of this test takes them."""

    def __init__(self, connections: Any) -> None:
        self._connections = connections

    def lease(self, account_id: Any, job: str) -> Any:
        from contextlib import contextmanager

        @contextmanager
        def held() -> Any:
            def hold() -> bool:
                with self._connections.connection() as connection:
                    return leases.take(connection, account_id, job, "test", 60)

            try:
                yield hold
            finally:
                with self._connections.connection() as connection:
                    leases.release(connection, account_id, job, "test")

        return held()


@pytest.fixture
def work(services: Services) -> ExportWork:
    act = Act(Context("scheduler", "scheduler"))
    return ExportWork(services.connections, services.books_for, Free(services.connections), act)


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def fetched(client: Client, url: str) -> Any:
    return client.http.simulate_get(path_of(url))


def ordered(client: Client, work: Callable[[], None], **body: Any) -> dict[str, Any]:
    answer = client.post("/exports", body)
    assert answer.status_code == 202, answer.text
    assert answer.json["status"] == "pending"
    assert answer.json["url"] is None
    work()
    found: dict[str, Any] = client.get(f"/exports/{answer.json['id']}").json
    return found


def test_an_ordered_export_is_the_file_of_its_list(shop: Shop, work: ExportWork) -> None:
    client = shop.client
    for at in range(3):
        client.made("/customers", {"email": f"{at}@example.org", "language": "de"})
    query = {"language": "de", "sort": "email"}
    export = ordered(client, work, name="customers", format="csv", filters=query)
    assert (export["status"], export["progress"], export["object"]) == ("succeeded", 100, "export")
    file = fetched(client, export["url"])
    assert file.status_code == 200
    assert file.headers["content-type"].startswith("text/csv")
    assert file.text == client.get("/exports/customers.csv", params=query).text
    assert len(file.content) == export["size_bytes"]
    types = [each["type"] for each in client.get(f"/exports/{export['id']}/events").json["data"]]
    assert types == ["export.completed", "export.started", "export.created"]
    assert client.get("/exports?status=succeeded").json["data"] == [export]


@pytest.mark.parametrize(("name", "filters"), [
    ("deferred_revenue", {"as_of": "2026-01-15", "currency": "USD"}),
    ("journal", {}),
    ("events", {"type": "customer.created"}),
    ("plans", {"auto_renew": True, "amount[gte]": 100}),
])  # fmt: skip
def test_reports_and_the_log_too(shop: Shop, work: ExportWork, name: str, filters: Any) -> None:
    shop.subscribe()
    export = ordered(shop.client, work, name=name, filters=filters)
    query = {key: "true" if value is True else str(value) for key, value in filters.items()}
    direct = shop.client.get(f"/exports/{name}.csv", params=query)
    assert direct.status_code == 200
    assert fetched(shop.client, export["url"]).text == direct.text


def test_a_workbook(shop: Shop, work: ExportWork) -> None:
    export = ordered(shop.client, work, name="customers", format="xlsx")
    file = fetched(shop.client, export["url"])
    assert file.content.startswith(b"PK")
    assert "spreadsheetml" in file.headers["content-type"]


@pytest.mark.parametrize(("body", "field", "code"), [
    ({"name": "secrets"}, "name", "unknown_export"),
    ({"name": "customers", "format": "pdf"}, "format", "not_allowed"),
    ({"name": "customers", "filters": {"colour": "red"}}, "filters.colour", "unknown_filter"),
    ({"name": "invoices", "filters": {"status": "payed"}}, "filters.status", "invalid_value"),
    ({"name": "journal", "filters": {"as_of": "soon"}}, "filters.as_of", "invalid_date"),
    ({"name": "customers", "colour": "red"}, "colour", None),
    ({}, "name", "required"),
])  # fmt: skip
def test_what_cannot_be_exported_is_refused_at_once(
    client: Client, body: Any, field: str, code: str | None
) -> None:
    before = client.head
    answer = client.post("/exports", body)
    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json["errors"]] == [field]
    assert code in {None, answer.json["errors"][0]["code"]}
    assert client.head == before


def test_a_link_that_was_changed_opens_nothing(
    shop: Shop, stranger: Client, work: ExportWork
) -> None:
    export = ordered(shop.client, work, name="customers")
    other = ordered(stranger, work, name="customers")
    path = path_of(export["url"])
    for wrong in (
        path.split("?")[0],
        path[:-1] + ("0" if path[-1] != "0" else "1"),
        path.replace("expires=", "expires=9"),
        path.replace(export["id"], other["id"]),
        path.split("&signature")[0],
        path.replace("account=acct_", "account=cus_"),
    ):
        assert shop.client.http.simulate_get(wrong).status_code == 403, wrong
    assert shop.client.get(f"/exports/{other['id']}").status_code == 404


def test_an_expired_file_is_deleted_and_its_link_says_so(
    shop: Shop, work: ExportWork, services: Services
) -> None:
    export = ordered(shop.client, work, name="customers")
    account_id = shop.client.books.account_id
    with services.connections.connection() as connection:
        late = "UPDATE export_runs SET expires_at = now() - interval '1 hour' WHERE account_id = %s"
        connection.execute(late, [account_id])
        assert shop.client.get(f"/exports/{export['id']}").json["url"] is None
        work()
        assert export_files.runs(connection, account_id, [export["id"]]) == {}
    assert fetched(shop.client, export["url"]).status_code == 403
    assert shop.client.get(f"/exports/{export['id']}").json["status"] == "succeeded"


def test_what_a_dead_process_began_is_made_from_the_beginning(
    client: Client, work: ExportWork, services: Services
) -> None:
    ref = client.post("/exports", {"name": "events"}).json["id"]
    with services.connections.connection() as connection:
        dead = export_files.begin(connection, client.books.account_id, ref)
        dead.keep(connection, 0, b"half a file", 40)
    work()
    export = client.get(f"/exports/{ref}").json
    assert export["status"] == "succeeded"
    assert "half a file" not in fetched(client, export["url"]).text


def test_one_that_never_ends_is_given_up(
    client: Client, work: ExportWork, services: Services
) -> None:
    ref = client.post("/exports", {"name": "customers"}).json["id"]
    with services.connections.connection() as connection:
        for _ in range(MOST_ATTEMPTS):
            export_files.begin(connection, client.books.account_id, ref)
    work()
    export = client.get(f"/exports/{ref}").json
    assert (export["status"], export["failure_code"], export["url"]) == ("failed", "gave_up", None)
    with services.connections.connection() as connection:
        assert (client.books.account_id, ref) not in operations.unended_exports(connection)


def test_while_another_process_makes_it_it_is_left_alone(
    client: Client, work: ExportWork, services: Services
) -> None:
    ref = client.post("/exports", {"name": "customers"}).json["id"]
    with services.connections.connection() as connection:
        leases.take(connection, client.books.account_id, f"export {ref}", "other", 60)
        work()
        assert client.get(f"/exports/{ref}").json["status"] == "pending"
        leases.release(connection, client.books.account_id, f"export {ref}", "other")
    work()
    assert client.get(f"/exports/{ref}").json["status"] == "succeeded"


def test_the_same_key_orders_once(client: Client, work: ExportWork) -> None:
    first = client.post("/exports", {"name": "customers"}, key="once")
    work()
    again = client.post("/exports", {"name": "customers"}, key="once")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.json) == (202, first.json)
    assert len(client.get("/exports").json["data"]) == 1


def test_no_secret_of_a_link_is_in_the_log(client: Client, work: ExportWork) -> None:
    export = ordered(client, work, name="customers")
    signature = export["url"].rpartition("=")[2]
    assert signature not in client.get("/events").text


def test_a_key_that_may_not_see_the_rows_gets_neither_file_nor_link(
    client: Client, work: ExportWork, services: Services
) -> None:
    export = ordered(client, work, name="customers")
    assert export["url"]
    key_with(client, services, scopes=["exports:*", "plans:read"])
    assert client.get(f"/exports/{export['id']}").json["url"] is None
    assert client.get("/exports").json["data"][0]["url"] is None
    assert client.post("/exports", {"name": "customers"}).status_code == 403
    assert client.post("/exports", {"name": "plans"}).status_code == 202
