"""Reads: nothing older than what was just written, pages, positions, and things as they were."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from projections.groups import RESOURCES
from projections.tracking import Place, stop
from tests.api.conftest import open_client


def test_each_of_eight_clients_reads_what_it_just_wrote(app, services):
    client = open_client(app, services)

    def write_and_read(at: int) -> list[str]:
        wrong = []
        for turn in range(10):
            name = f"{at}-{turn}"
            made = client.post("/customers", {"first_name": name})
            path = f"/customers/{made.json['id']}"
            read = client.get(path)
            listed = client.get("/customers", params={"first_name": name})
            changed = client.patch(path, {"last_name": name})
            again = client.get(path)
            if (read.json, again.json) != (made.json, changed.json):
                wrong.append(name)
            if [each["id"] for each in listed.json["data"]] != [made.json["id"]]:
                wrong.append(f"{name} listed")
            if int(read.headers["Ledger-Position"]) < int(made.headers["Ledger-Position"]):
                wrong.append(f"{name} position")
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert [wrong for told in pool.map(write_and_read, range(8)) for wrong in told] == []


def test_a_read_waits_for_the_position_it_names(client):
    """What nobody projected yet is projected for the one who asks."""
    from domain.commands.customers import NewCustomer, create_customer
    from tests.api.conftest import SYSTEM

    client.made("/customers", {})
    done = create_customer(client.books, NewCustomer(first_name="Ada"), SYSTEM)
    path, at = f"/customers/{done.ref}", str(client.head)
    behind = client.get("/customers")
    assert behind.headers["Ledger-Lag"] == "1"
    assert client.get(path).status_code == 404
    shown = client.get(path, headers={"Ledger-Position": at})
    assert (shown.json["first_name"], shown.headers["Ledger-Position"]) == ("Ada", at)
    assert "Ledger-Lag" not in shown.headers


def test_a_write_answers_though_the_views_stand_still(client, services):
    client.made("/customers", {})
    position = client.head
    with services.connections.connection() as connection, connection.cursor() as cursor:
        place = Place(client.books.account_id, RESOURCES.name, 1)
        stop(cursor, place, position, "a test")
    made = client.post("/customers", {"first_name": "Ada"})
    assert (made.status_code, made.json["first_name"]) == (201, "Ada")
    assert made.headers["Ledger-Position"] == str(position + 1)
    assert made.headers["Ledger-Lag"] == "1"
    assert client.get("/customers").headers["Ledger-Lag"] == "1"
    ready = client.get("/readyz", whole=True)
    assert ready.status_code == 503
    assert str(client.books.account_id) in ready.json["detail"]
    with services.connections.connection() as connection:
        connection.execute(
            "UPDATE projection_tracking SET state = 'running', stopped_at = NULL, error = NULL"
            " WHERE account_id = %s",
            [client.books.account_id],
        )
    assert client.get("/customers", params={"first_name": "Ada"}).json["data"] == []
    client.made("/customers", {})
    assert len(client.get("/customers", params={"first_name": "Ada"}).json["data"]) == 1


def test_a_thing_as_it_was(client):
    path = f"/products/{client.made('/products', {'name': 'One'})['id']}"
    client.made("/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
    client.patch(path, {"name": "Two"})
    assert client.get(path).json["name"] == "Two"
    was = client.get(path, params={"as_of": "2026-01-31"})
    assert (was.json["name"], was.json["version"], was.headers["ETag"]) == ("One", 1, '"1"')
    assert client.get(path, params={"as_of": "2026-02-01"}).json["name"] == "Two"
    assert client.get(path, params={"as_of": "2025-12-31"}).status_code == 404
    wrong = client.get(path, params={"as_of": "then"})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "as_of")


def test_a_deleted_product_as_it_was(client):
    path = f"/products/{client.made('/products', {'name': 'One'})['id']}"
    client.made("/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
    client.send("DELETE", path)
    assert client.get(path).status_code == 404
    assert client.get(path, params={"as_of": "2026-01-15"}).json["name"] == "One"


def test_pages_hold_every_row_once_while_more_are_made(client):
    made = [client.made("/customers", {"first_name": str(at)})["id"] for at in range(7)]
    seen, query = [], {"limit": "3", "sort": "created_at"}
    while True:
        page = client.get("/customers", params=query).json
        seen += [each["id"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
        made.append(client.made("/customers", {})["id"]) if len(made) < 9 else None
    assert seen == made


def test_the_log_in_pages_forward_and_back(client):
    for _ in range(4):
        client.made("/customers", {})
    positions = []
    query = {"limit": "2", "sort": "position"}
    while True:
        page = client.get("/events", params=query).json
        positions += [event["position"] for event in page["data"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert positions == list(range(1, client.head + 1))
    newest = client.get("/events", params={"limit": "1"}).json["data"]
    assert newest[0]["position"] == client.head


@pytest.mark.parametrize(
    "query",
    [{"position[gt]": "2"}, {"recorded_at[gte]": "2026-01-01"}, {"actor": "test"}],
)
def test_the_log_is_filtered(client, query):
    client.made("/customers", {})
    found = client.get("/events", params=query).json["data"]
    assert found
    if "actor" in query:
        assert {event["actor"] for event in found} == {"test"}


def test_what_is_referred_to_can_be_nested(shop):
    subscription = shop.subscribe().json
    query = {"expand": "customer,plan", "customer_id": shop.customer["id"]}
    (row,) = shop.client.get("/subscriptions", params=query).json["data"]
    assert row["id"] == subscription["id"]
    assert (row["customer"]["email"], row["plan"]["name"]) == ("ada@example.org", "Monthly")


def test_an_export_is_streamed_in_pieces_and_gives_its_connection_back(app, services):
    client = open_client(app, services)
    for at in range(30):
        client.made("/customers", {"first_name": str(at) * 200})
    for _ in range(40):
        assert client.get("/exports/customers.csv").text.count("\r\n") == 31


def test_an_export_given_up_half_way_gives_its_connection_back(services, shop):
    from api.call import Call
    from api.core.exports import as_csv
    from store.api_keys import Caller

    caller = Caller(shop.client.books.account_id, "key_x", False, "owner", ["*"])
    for _ in range(40):
        sent = as_csv(Call(services, caller, "r", {"name": "customers"})).pieces
        assert next(iter(sent)).startswith(b"id,email")
        sent.close()
