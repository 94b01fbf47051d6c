"""A member and the customer of the same e-mail are linked by one append, or found again."""

from __future__ import annotations

import pytest

from domain.application import Books
from domain.commands import linking, memberships
from domain.commands.catalog import NewPlan, NewProduct, create_plans, create_products
from domain.commands.customers import (
    NewCustomer,
    create_customer,
    create_customers,
    update_customer,
)
from domain.commands.memberships import NewMember, accept_member, invite_members
from domain.commands.subscribing import NewSubscription, create_subscription
from domain.shared.errors import ConcurrentChange
from domain.shared.period import Interval
from domain.subscriptions.member import Member
from tests.importer.conftest import ACT

EMAIL = "ada@example.org"


@pytest.fixture
def books(parts, account) -> Books:
    books = parts.books(account())
    create_products(books, [NewProduct(name="Club", old_provider_id="club")], ACT)
    plan = NewPlan(
        name="Club", product_old_provider_id="club", old_provider_id="club", type="membership",
        amount=1000, currency="USD", interval=Interval.MONTH, seat_capacity=9,
        collection_method="send_invoice",
    )  # fmt: skip
    assert create_plans(books, [plan], ACT) == []
    return books


@pytest.fixture
def club(parts, books) -> str:
    create_customer(books, NewCustomer(old_provider_id="owner"), ACT)
    new = NewSubscription(customer_old_provider_id="owner", plan_old_provider_id="club")
    desk = parts.desk(books.account_id, ACT)
    done, _ = create_subscription(books, desk.gateways, desk.account, new, ACT)
    return done.ref


@pytest.fixture
def appends(books, monkeypatch) -> list[int]:
    """How many aggregates each append so far changed."""
    seen, append = [], type(books.recorder).append

    def counted(recorder, events, by, given):
        seen.append(len({event.originator_id for event in events}))
        return append(recorder, events, by, given)

    monkeypatch.setattr(type(books.recorder), "append", counted)
    return seen


def invited(books, club, email=EMAIL) -> str:
    return invite_members(books, club, [NewMember(email=email)], ACT, listed=False).refs[0]


def owner(books, member) -> str | None:
    return books.load(Member, member).customer_id


def test_a_new_customer_and_their_member_are_one_append(books, club, appends):
    member = invited(books, club)
    appends.clear()
    done = create_customer(books, NewCustomer(email=EMAIL.upper()), ACT)
    assert appends == [2]
    assert owner(books, member) == done.ref


def test_a_customer_who_takes_a_members_e_mail_and_the_member_are_one_append(books, club, appends):
    member = invited(books, club)
    done = create_customer(books, NewCustomer(email="other@example.org"), ACT)
    appends.clear()
    update_customer(books, done.ref, {"email": EMAIL}, ACT)
    assert appends == [2]
    assert owner(books, member) == done.ref


def test_an_import_links_each_customer_in_their_append(books, club, appends):
    members = [invited(books, club, f"m{at}@example.org") for at in range(3)]
    appends.clear()
    new = [NewCustomer(email=f"m{at}@example.org", old_provider_id=f"c{at}") for at in range(4)]
    assert create_customers(books, {}, [(each, None) for each in new], ACT) == []
    assert appends == [7]
    assert None not in {owner(books, member) for member in members}


def test_an_invitation_in_between_refuses_the_customer_whole(books, club, monkeypatch):
    invited(books, club)
    at = books.head().position
    monkeypatch.setattr(type(books), "claims_in", lambda *_: [])
    with pytest.raises(ConcurrentChange):
        create_customer(books, NewCustomer(email=EMAIL), ACT)
    assert books.head().position == at


def test_an_invitation_cut_off_beside_its_customer_is_linked_when_it_is_accepted(
    books, club, monkeypatch
):
    done = create_customer(books, NewCustomer(email=EMAIL), ACT)
    with monkeypatch.context() as cut:
        cut.setattr(memberships, "owners_of", lambda *_: {})
        cut.setattr(memberships, "look_again", lambda *_: None)
        member = invited(books, club)
    assert owner(books, member) is None
    _, accepted_by = accept_member(books, club, member, ACT)
    assert owner(books, member) == accepted_by == done.ref


def test_an_invitation_that_looked_too_early_looks_again(books, club, monkeypatch):
    done = create_customer(books, NewCustomer(email=EMAIL), ACT)
    looks = iter([{}])
    first = linking.owners_of
    monkeypatch.setattr(memberships, "owners_of", lambda *a: next(looks, None) or first(*a))
    assert owner(books, invited(books, club)) == done.ref
