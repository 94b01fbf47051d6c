"""Personal data in the log: sealed by a key that can be destroyed, one person's in one account."""

from __future__ import annotations

import pytest
from eventsourcing.persistence import MapperDeserialisationError

from domain.application import Books
from domain.customers.address import Address
from domain.customers.customer import Customer
from domain.shared.errors import Conflict
from domain.shared.personal import ERASED, PARTY, PROFILE, key_name
from domain.shared.recording import Conditions, Erasure
from store.codec import TypedMapper
from store.personal_keys import Keyring
from store.verification import verify_log
from tests.store.conftest import BY
from tests.traces import traces

NOBODY = dict.fromkeys(
    ("email", "first_name", "last_name", "title", "phone", "language", "organization_id",
     "old_provider_id")
)  # fmt: skip
NOWHERE = dict.fromkeys(
    ("first_name", "last_name", "company", "line2", "city", "state", "postal_code",
     "old_provider_id")
)  # fmt: skip


def customer(books, **fields):
    fields = {**NOBODY, "metadata": {}, **fields}
    return Customer.begin(Customer.Created, id=books.new_id(), **fields)


def address(books, of, line1="12 St James's Square"):
    return Address.begin(
        Address.Created, id=books.new_id(), customer_id=of.ref, type="billing", line1=line1,
        country="GB", is_default=False, **NOWHERE,
    )  # fmt: skip


def ada(books, **fields):
    made = customer(
        books, email="ada@example.org", first_name="Augusta Ada", language="en", **fields
    )
    books.record(made, by=BY)
    return made


def states(owner, books):
    rows = owner.execute(
        "SELECT state::text FROM stored_events WHERE account_id = %s ORDER BY position",
        [books.account_id],
    )
    return [row[0] for row in rows]


def keys(owner, books):
    rows = owner.execute(
        "SELECT name, key FROM personal_keys WHERE account_id = %s", [books.account_id]
    )
    return dict(rows.fetchall())


def erase(books, of, *, names, withdrawn=()):
    erased = Conditions(erases=Erasure(of.ref, names, withdrawn))
    books.record(by=BY, given=erased)


def findings(store, books):
    with store.connections.connection() as connection:
        return list(verify_log(connection, TypedMapper(), books.account_id))


def test_what_is_personal_is_sealed_and_the_rest_is_not(books, owner):
    made = ada(books, metadata={"crm": "Lord Byron"})
    (state,) = states(owner, books)
    assert not traces(state.encode(), ["ada@example.org", "Augusta Ada", "Lord Byron"])
    assert f'"key":"{made.ref}/profile"' in state
    assert '"language":"en"' in state
    assert books.load(Customer, made.ref) == made
    assert list(keys(owner, books)) == [key_name(made.ref, PROFILE)]


def test_who_is_nobody_needs_no_key(books, owner):
    made = customer(books, language="en")
    books.record(made, by=BY)
    assert keys(owner, books) == {}
    assert books.load(Customer, made.ref) == made


def test_of_changes_those_that_are_personal_are_sealed(books, store, owner):
    made = ada(books)
    before = keys(owner, books)
    for other in (books, Books(books.account_id, store)):
        loaded = other.load(Customer, made.ref)
        loaded.update({"phone": f"+44 {id(other)}", "language": f"l{id(other)}"})
        other.record(loaded, by=BY)
        assert books.load(Customer, made.ref).phone == f"+44 {id(other)}"
    assert "+44" not in "".join(states(owner, books))
    assert f"l{id(books)}" in states(owner, books)[1]
    assert keys(owner, books) == before


def test_a_key_destroyed_takes_all_that_it_sealed(books, store, owner):
    made, kept = ada(books), ada(books)
    made.update({"last_name": "Lovelace"})
    books.record(made, by=BY)
    log = states(owner, books)
    erase(books, made, names=[key_name(made.ref, PROFILE)])
    blank = books.load(Customer, made.ref)
    assert (blank.email, blank.first_name, blank.last_name, blank.language) == (None,) * 3 + ("en",)
    assert books.load(Customer, kept.ref) == kept
    assert states(owner, books) == log
    assert keys(owner, books)[key_name(made.ref, PROFILE)] is None
    assert findings(store, books) == []


def test_another_account_has_keys_of_its_own(books, others):
    made = ada(books)
    same = Customer.begin(
        Customer.Created, id=made.id, **{**NOBODY, "metadata": {}, "email": "bo@example.org"}
    )
    others.record(same, by=BY)
    erase(books, made, names=[key_name(made.ref, PROFILE)])
    assert others.load(Customer, made.ref).email == "bo@example.org"


def test_nothing_is_sealed_for_who_was_erased(books, store, owner):
    made, late = ada(books), Books(books.account_id, store)
    slow = late.load(Customer, made.ref)
    erase(books, made, names=[key_name(made.ref, PROFILE), key_name(made.ref, PARTY)])
    slow.update({"first_name": "Ada again"})
    for each in (slow, address(books, made)):
        with pytest.raises(Conflict) as refused:
            late.record(each, by=BY)
        assert refused.value.code == "customer_erased"
    assert len(states(owner, books)) == 1


def test_a_writer_that_remembers_the_key_is_refused_too(books, store):
    made = ada(books)
    other = Books(books.account_id, store)
    erase(other, made, names=[key_name(made.ref, PROFILE)])
    made.update({"first_name": "Ada again"})
    with pytest.raises(Conflict) as refused:
        books.record(made, by=BY)
    assert refused.value.code == "customer_erased"


def test_of_two_first_keys_one_is_kept_and_seals_both(books, store, owner, monkeypatch):
    made, other = ada(books), Books(books.account_id, store)
    books.record(address(books, made), by=BY)
    reads = []

    def too_early(ring, names):
        reads.append(names)
        return {} if len(reads) == 1 else read(ring, names)

    read = Keyring._read
    monkeypatch.setattr(Keyring, "_read", too_early)
    second = address(other, made, "another")
    other.record(second, by=BY)
    assert len(reads) == 2
    assert other.load(Address, second.ref).line1 == "another"
    assert len(keys(owner, books)) == 2


def test_keys_read_ahead_are_not_read_again(books, store, monkeypatch):
    made = ada(books)
    other = Books(books.account_id, store)
    other.record(address(other, made), by=BY)
    party, profile = key_name(made.ref, PARTY), key_name(made.ref, PROFILE)
    books = Books(books.account_id, store)
    books.load_ahead(keys=[party, profile])
    with monkeypatch.context() as patched:
        patched.setattr(Keyring, "_read", lambda _, names: dict.fromkeys(names, b"another"))
        second = address(books, made, line1="Ockham Park")
        books.record(second, by=BY)
    assert books.load(Address, second.ref).line1 == "Ockham Park"


def test_who_found_no_key_ahead_seals_by_the_one_made_meanwhile(books, store, owner):
    made = ada(books)
    party = key_name(made.ref, PARTY)
    late = Books(books.account_id, store)
    late.load_ahead(keys=[party, key_name(made.ref, PROFILE)])
    first = address(books, made)
    books.record(first, by=BY)
    key = keys(owner, books)[party]
    second = address(late, made, line1="Ockham Park")
    late.record(second, by=BY)
    assert keys(owner, books)[party] == key
    told = books.load_many(Address, [first.ref, second.ref]).values()
    assert [each.line1 for each in told] == ["12 St James's Square", "Ockham Park"]


def test_a_key_withdrawn_opens_documents_only(books, store, owner):
    made = ada(books)
    home = address(books, made)
    books.record(home, by=BY)
    erase(books, made, names=[], withdrawn=[key_name(made.ref, PARTY)])
    assert books.load(Address, home.ref).line1 == ERASED
    assert keys(owner, books)[key_name(made.ref, PARTY)] is not None
    with pytest.raises(Conflict):
        books.record(address(books, made), by=BY)
    assert findings(store, books) == []


def test_without_the_table_of_keys_the_log_still_loads_and_verifies(books, store, owner):
    made = ada(books)
    owner.execute("DELETE FROM personal_keys WHERE account_id = %s", [books.account_id])
    assert books.load(Customer, made.ref).email is None
    assert findings(store, books) == []


def test_a_box_put_elsewhere_is_found(books, store, owner):
    one, two = ada(books), ada(books)
    owner.execute(
        "UPDATE personal_keys SET key = (SELECT key FROM personal_keys WHERE account_id = %s"
        " AND name = %s) WHERE account_id = %s AND name = %s",
        [books.account_id, key_name(one.ref, PROFILE), books.account_id,
         key_name(two.ref, PROFILE)],
    )  # fmt: skip
    with pytest.raises(MapperDeserialisationError):
        books.load(Customer, two.ref)
    assert [each.check for each in findings(store, books)] == ["replay"]


def test_what_is_recorded_and_what_is_destroyed_go_together(books, owner, monkeypatch):
    """Whoever dies in between has done neither."""
    made = ada(books)
    before = keys(owner, books)

    def dies(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("store.erasure.withdraw", dies)
    made.erase(made.created_on, invoices=False)
    gone = Erasure(made.ref, [key_name(made.ref, PROFILE)], [key_name(made.ref, PARTY)])
    with pytest.raises(ZeroDivisionError):
        books.record(made, by=BY, given=Conditions(erases=gone))
    assert keys(owner, books) == before
    assert len(states(owner, books)) == 1
