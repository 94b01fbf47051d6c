"""Erasing a customer over HTTP: nobody can tell any more who it was, and the books stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from api.route import Read, Shape
from api.routes import ROUTES
from proof import breaches
from store.factory import PostgresStore
from tests.api.conftest import LINE, PLAN, Client, Shop, key_with, open_client, open_shop
from tests.api.everything import Everything
from tests.api.test_refusals import refused
from tests.traces import traces

WHO = {
    "email": "zq.quillfeather@example.org", "first_name": "Zaphkiel", "last_name": "Quillfeather",
    "title": "Archdeaconess", "phone": "+44 1632 960817", "metadata": {"nickname": "Quillikins"},
}  # fmt: skip
HOME = {
    "type": "billing", "line1": "77 Peppercorn Crescent", "city": "Little Wexcombe",
    "postal_code": "ZX9 4QQ", "country": "GB", "first_name": "Zaphkiel", "is_default": True,
}  # fmt: skip
TEXTS = [
    *(value for value in WHO.values() if isinstance(value, str)), "Quillikins",
    "77 Peppercorn Crescent", "Little Wexcombe", "ZX9 4QQ", "Other Name Quillfeather",
    "Happy returns, dear Bartholomew",
]  # fmt: skip
NAMELESS = ("email", "first_name", "last_name", "title", "phone")


@dataclass
class Life:
    """What a customer leaves everywhere."""

    shop: Shop
    everything: Everything

    @property
    def client(self) -> Client:
        return self.shop.client

    @property
    def path(self) -> str:
        return f"/customers/{self.shop.customer['id']}"

    def erase(self, **body: Any) -> Any:
        return self.client.post(f"{self.path}/erase", body)


def live(client: Client) -> Life:
    """A subscription, a membership, a gift, a place in another's membership, bills, papers."""
    made, shop = client.made, open_shop(client)
    shop.customer = made("/customers", WHO)
    path = f"/customers/{shop.customer['id']}"
    shop.card = made(f"{path}/payment_methods", {"token": "tok_visa"})
    address = made(f"{path}/addresses", HOME)
    client.patch(path, {"last_name": "Other Name Quillfeather"})
    client.patch(f"/addresses/{address['id']}", {"line2": "Flat 2"})
    club = made("/plans", {
        **PLAN, "product_id": shop.product["id"], "type": "membership", "seat_capacity": 5,
    })  # fmt: skip
    subscription = shop.subscribe().json
    shop.subscribe(gift={
        "recipient_email": "bartholomew@example.org",
        "message": "Happy returns, dear Bartholomew",
    })  # fmt: skip
    owner = open_owner(client, club["id"])
    member = made(f"/subscriptions/{owner}/members", {"email": WHO["email"].upper()})
    invoice = shop.invoice()["id"]
    made(f"/invoices/{invoice}/mark_paid", {"reference": "c", "category": "check"}, key="paid")
    made(f"{path}/balance/adjust",
         {"amount": 300, "currency": "USD", "reason": "kind"}, key="kind")  # fmt: skip
    payment = client.get("/payments").json["data"][0]["id"]
    for paper in (f"/invoices/{invoice}.pdf", f"/payments/{payment}.pdf"):
        client.get(paper)
    ids = {
        "cus": shop.customer["id"], "adr": address["id"], "pm": shop.card["id"],
        "mem": member["id"], "sub": subscription["id"], "inv": invoice, "pay": payment,
        "plan": shop.plan["id"], "prod": shop.product["id"], "clb": owner,
        "acct": client.get("/account").json["id"],
    }  # fmt: skip
    return Life(shop, Everything(client, ids))


def open_owner(client: Client, plan: str) -> str:
    owner = client.made("/customers", {"email": "owner@example.org"})["id"]
    card = client.made(f"/customers/{owner}/payment_methods", {"token": "tok_visa"})["id"]
    body = {"customer_id": owner, "plan_id": plan, "payment_method_id": card}
    ref: str = client.made("/subscriptions", body)["id"]
    return ref


@pytest.fixture
def life(client):
    return live(client)


def dump(owner: psycopg.Connection[Any], client: Client) -> bytes:
    """Every row of the account in every table, keys aside: a backup without them."""
    tables = owner.execute(
        "SELECT c.table_name FROM information_schema.columns c"
        " WHERE c.table_schema = current_schema() AND c.column_name = 'account_id'"
    ).fetchall()
    dumped = bytearray()
    for (table,) in tables:
        if table == "personal_keys":
            continue
        query = (
            f"COPY (SELECT * FROM {table} WHERE account_id = '{client.books.account_id}') TO STDOUT"
        )
        with owner.cursor() as cursor, cursor.copy(query) as rows:
            dumped += b"".join(rows)
    return bytes(dumped)


@pytest.fixture
def owner(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def answers(everything: Everything) -> Iterator[tuple[str, bytes]]:
    """Everything that can be read: each resource, list, history, file and report, now and then."""
    for route in ROUTES:
        if not isinstance(route, Read) or "{hash}" in route.path:
            continue
        path = everything.path(route)
        past = [""] + ["?as_of=2026-01-01T00:00:00Z"] * (route.shape is Shape.ITEM)
        for query in past:
            answer = everything.client.get(path + query)
            assert answer.status_code < 500, (path, answer.text)
            yield path + query, answer.content
    for sought in (WHO["email"], WHO["last_name"]):
        for noun in ("customers", "addresses", "memberships", "subscriptions", "invoices"):
            answer = everything.client.get(f"/{noun}", params={"q": sought})
            yield f"{noun} of {sought}", answer.content.replace(sought.encode(), b"")


def reports(client: Client, known_at: int) -> dict[str, Any]:
    """By name, as known at a position."""
    asked = {"as_of": "2026-01-31", "from": "2026-01-01", "to": "2026-01-31", "known_at": known_at}
    names = (
        "deferred_revenue", "recognized_revenue", "trial_balance", "journal", "balances",
        "receivables_aging",
    )  # fmt: skip
    return {name: client.get(f"/reports/{name}", params=asked).json["data"] for name in names}


def nameless(rows: Any) -> Any:
    cells = ("customer.email", "customer.first_name", "customer.last_name")
    return [{**row, **{name: None for name in cells if name in row}} for row in rows]


def test_nobody_finds_them_in_a_backup_without_the_keys(life, owner):
    """Neither plainly nor in other clothes; before, they are in what is not the log."""
    client = life.client
    assert traces(dump(owner, client), TEXTS)
    assert life.erase().status_code == 200
    for invoice in client.get("/invoices", params={"customer_id": life.shop.customer["id"]}).json[
        "data"
    ]:
        if invoice["status"] in {"open", "past_due"}:
            client.made(f"/invoices/{invoice['id']}/void")
    assert life.erase(invoices="erase").status_code == 200
    reports(client, client.head)
    assert traces(dump(owner, client), TEXTS) == []
    count = owner.execute(
        "SELECT count(*) FROM paper_sendings WHERE account_id = %s", [client.books.account_id]
    ).fetchone()
    assert count == (0,)


@pytest.mark.parametrize("invoices", ["keep", "erase"])
def test_no_answer_tells_of_them(life, invoices):
    before = {path for path, answer in answers(life.everything) if traces(answer, TEXTS)}
    assert len(before) > 20
    assert life.erase(invoices=invoices).status_code == 200
    papers = {f"/core/v1/{kind}/{life.everything.ids[ref]}.pdf"
              for kind, ref in (("invoices", "inv"), ("payments", "pay"))}  # fmt: skip
    told = {path for path, answer in answers(life.everything) if traces(answer, TEXTS)}
    assert told - papers == set()


def test_the_books_are_what_they_were_but_for_names(life, services):
    life.shop.invoice()
    money = {"amount": 700, "currency": "USD", "reason": "kind"}
    life.client.made(f"{life.path}/balance/adjust", money, key="more")
    client, head = life.client, life.client.head
    before = reports(client, head)
    assert all(before.values())
    named = {name for name, rows in before.items() if traces(str(rows).encode(), TEXTS)}
    assert named >= {"deferred_revenue", "recognized_revenue", "balances"}
    assert life.erase().status_code == 200
    after = reports(client, head)
    assert {name: nameless(rows) for name, rows in after.items()} == {
        name: nameless(rows) for name, rows in before.items()
    }
    assert not traces(str(after).encode(), TEXTS)
    store = PostgresStore(services.connections)
    found = breaches(services.connections, store, client.books.account_id)
    assert [each for each in found if client.key.id not in each] == []


def test_the_answer_and_what_is_left(life):
    client = life.client
    erased = life.erase(reason="asked for").json
    assert [erased[name] for name in NAMELESS] == [None] * 5
    assert (erased["metadata"], erased["default_payment_method_id"]) == ({}, None)
    assert erased["erased_at"] == "2026-01-01T00:00:00Z"
    assert erased["balances"] == {"USD": 300}
    assert client.get(life.path).json == erased
    for noun in ("addresses", "payment_methods"):
        assert client.get(f"{life.path}/{noun}").json["data"] == []
    member = client.get(f"/memberships/{life.everything.ids['mem']}").json
    assert (member["status"], member["email"]) == ("removed", "erased")
    ended = client.get(f"/subscriptions/{life.everything.ids['sub']}").json
    assert (ended["status"], ended["cancel_reason"]) == ("canceled", "customer erased")
    told = client.get(f"{life.path}/events").json["data"][0]
    assert (told["type"], told["reason"]) == ("customer.erased", "asked for")
    assert told["changes"]["erased_at"] == {"before": None, "after": "2026-01-01T00:00:00Z"}


def test_nothing_is_charged_any_more(life):
    life.erase()
    charged = life.client.get("/payments").json["data"]
    life.client.made("/test_clock/advance", {"to": "2026-04-01T00:00:00Z"})
    of = [each for each in life.client.get("/payments").json["data"] if each not in charged]
    assert [each for each in of if each["customer_id"] == life.shop.customer["id"]] == []


def test_an_invoice_that_must_be_kept_still_says_whose_it_is(life):
    path = f"/invoices/{life.everything.ids['inv']}.pdf"
    before = life.client.get(path).content
    life.erase()
    assert life.client.get(path).content == before
    life.erase(invoices="erase")
    assert life.client.get(path).content != before


def test_the_email_is_free_and_the_other_systems_id_is_not(client):
    one = client.made("/customers", {"email": "ada@example.org", "old_provider_id": "7"})
    client.made(f"/customers/{one['id']}/erase")
    client.made("/customers", {"email": "ADA@example.org"})
    refused(client, client.post("/customers", {"old_provider_id": "7"}), 422, "taken", client.head)
    assert client.get(f"/customers/{one['id']}").json["old_provider_id"] == "7"


def test_again_changes_nothing_and_the_same_key_answers_the_same(client):
    one = client.made("/customers", WHO)
    path = f"/customers/{one['id']}/erase"
    first = client.post(path, {}, key="erase-1")
    head = client.head
    assert client.post(path, {}).json == first.json
    assert client.head == head
    replayed = client.post(path, {}, key="erase-1")
    assert replayed.json == first.json
    assert replayed.headers["idempotency-replayed"] == "true"
    assert client.head == head


def test_the_answer_of_an_earlier_write_is_replayed_without_names(client):
    made = client.post("/customers", WHO, key="created")
    client.made(f"/customers/{made.json['id']}/erase")
    again = client.post("/customers", WHO, key="created")
    assert again.headers["idempotency-replayed"] == "true"
    assert [again.json[name] for name in NAMELESS] == [None] * 5


def test_nothing_new_begins_with_who_was_erased(life):
    ref, client = life.shop.customer["id"], life.client
    draft = life.shop.invoice(issued=False)["id"]
    life.erase()
    head = client.head
    for answer in (
        client.patch(life.path, {"first_name": "Ada"}),
        client.post(f"{life.path}/addresses", HOME),
        client.post(f"{life.path}/payment_methods", {"token": "tok_visa"}),
        client.post("/subscriptions", {
            "customer_id": ref, "plan_id": life.shop.plan["id"],
            "collection_method": "send_invoice",
        }),
        client.post("/invoices", {"customer_id": ref, "currency": "USD", "lines": [LINE]}),
        client.post(f"/invoices/{draft}/issue"),
        client.post(f"{life.path}/balance/charge", {"amount": 100, "currency": "USD"}, key="c"),
    ):  # fmt: skip
        refused(client, answer, 409, "customer_erased", head)


def test_what_is_owed_is_settled_afterwards(life):
    client = life.client
    owed = life.shop.invoice()["id"]
    life.erase()
    money = {"amount": 100, "currency": "USD", "reason": "kind"}
    client.made(f"{life.path}/balance/adjust", money, key="b")
    paid = client.made(f"/invoices/{owed}/apply_balance", {"amount": 100}, key="a")
    assert paid["amount_remaining"] == 1100
    check = {"reference": "1", "category": "cash"}
    assert client.made(f"/invoices/{owed}/mark_paid", check, key="m")["status"] == "paid"
    back = {"amount": 500, "to": "offline", "reason": "late"}
    assert client.post(f"/invoices/{owed}/refund", back, key="r").status_code < 300


def test_open_invoices_keep_their_party_until_they_are_settled(life):
    owed, head = life.shop.invoice()["id"], life.client.head
    refused(life.client, life.erase(invoices="erase"), 409, "customer_has_open_invoices", head)
    life.client.made(f"/invoices/{owed}/void")
    assert life.erase(invoices="erase").status_code == 200


def test_not_while_a_charge_is_under_way(client):
    shop = open_shop(client, "tok_timeout")
    shop.subscribe()
    head = client.head
    answer = client.post(f"/customers/{shop.customer['id']}/erase", {})
    refused(client, answer, 409, "payment_in_progress", head)


def test_who_may_not_erase_is_refused(life, services, stranger):
    client, head = life.client, life.client.head
    theirs = stranger.post(f"/customers/{life.shop.customer['id']}/erase", {})
    refused(stranger, theirs, 404, "not_found", stranger.head)
    refused(client, life.erase(invoices="all"), 422, "not_allowed", head, "invoices")
    for rights in ({"role": "finance"}, {"role": "owner", "scopes": ["customers:write"]}):
        key_with(client, services, **rights)
        assert life.erase().status_code == 403
    assert client.head == head


def test_another_account_keeps_its_customer_of_the_same_email(life, app, services):
    other = live(open_client(app, services))
    before = other.client.get(other.path).json
    life.erase()
    assert other.client.get(other.path).json == before


def test_a_gift_that_somebody_has_runs_to_its_paid_end(life):
    client = life.client
    gift = life.shop.subscribe(gift={"recipient_email": "bo@example.org"}).json
    bo = client.made("/customers", {"email": "bo@example.org"})["id"]
    redeemed = {"code": gift["gift"]["code"], "customer_id": bo}
    client.made("/gifts/redeem", redeemed)
    life.erase()
    now = client.get(f"/subscriptions/{gift['id']}").json
    assert (now["status"], now["cancel_at_period_end"]) == ("active", True)
    assert now["gift"]["recipient_email"] == "erased"


def test_exports_that_were_ready_are_gone(life, connections):
    with connections.connection() as connection:
        connection.execute(
            "INSERT INTO export_runs (account_id, id, attempts, secret, expires_at)"
            " VALUES (%s, 'exp_1', 1, '', clock_timestamp() + interval '1 day')",
            [life.client.books.account_id],
        )
    life.erase()
    with connections.connection() as connection:
        left = connection.execute(
            "SELECT count(*) FROM export_runs WHERE account_id = %s",
            [life.client.books.account_id],
        ).fetchone()
    assert left == (0,)


def test_nobody_is_half_erased_while_the_views_stand_still(life, owner):
    client = life.client
    group = "WHERE account_id = %s AND group_name = 'resources'"
    stopped = "state = 'stopped', stopped_at = 1, error = 'a test'"
    running = "state = 'running', stopped_at = NULL, error = NULL"
    account = [client.books.account_id]
    at = client.head
    owner.execute(f"UPDATE projection_tracking SET {stopped} {group}", account)
    refused(client, life.erase(), 409, "projection_behind", at)
    owner.execute(f"UPDATE projection_tracking SET {running} {group}", account)
    assert life.erase().status_code == 200
