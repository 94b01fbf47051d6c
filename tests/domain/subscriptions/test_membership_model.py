"""A membership against a model of a few lines, by the real commands, in whatever order: invited,
accepted, removed, invited again, more than there is room for, expired, restarted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from domain.application import Books
from domain.commands.accounts import account_of, open_account
from domain.commands.act import Act
from domain.commands.catalog import NewPlan, NewProduct, create_plan, create_product
from domain.commands.customers import NewCustomer, create_customer
from domain.commands.memberships import NewMember, accept_member, invite_members, remove_member
from domain.commands.restarting import restart_subscription
from domain.commands.sales import NewSubscription
from domain.commands.subscribing import create_subscription
from domain.shared.errors import DomainError
from domain.shared.period import Interval
from domain.shared.recording import Context
from domain.subscriptions.member import Member
from domain.subscriptions.seats import Seats
from domain.subscriptions.subscription import Subscription
from store import operations
from store.connections import Connections
from store.factory import PostgresStore
from store.ids import new_id

ACT = Act(Context("test", "api"))
START = datetime(2026, 1, 1, tzinfo=UTC)
EMAILS = [f"{name}@example.org" for name in "abcdef"]
CAPACITIES = (2, 4, None)


class Membership(RuleBasedStateMachine):
    """`open` has who holds a seat, by e-mail: the member's id and whether it was accepted."""

    store: PostgresStore
    connections: Connections

    @initialize(at=st.sampled_from(range(len(CAPACITIES))))
    def begin(self, at: int) -> None:
        account_id = new_id()
        with self.connections.connection() as connection:
            operations.open_account(connection, account_id, livemode=False, clock=START)
        self.books = Books(account_id, self.store)
        open_account(self.books, ACT, name="Club", timezone="UTC", currency="USD", livemode=False)
        product = create_product(self.books, NewProduct(name="Club"), ACT).ref
        self.plans = [self._plan(product, capacity) for capacity in CAPACITIES]
        owner = create_customer(self.books, NewCustomer(email="owner@example.org"), ACT).ref
        new = NewSubscription(customer_id=owner, plan_id=self.plans[at])
        account = account_of(self.books)
        done, _ = create_subscription(self.books, {}, account, new, ACT)
        self.ref, self.capacity, self.ended = done.ref, CAPACITIES[at], False
        self.open: dict[str, tuple[str, bool]] = {}
        self.gone: list[str] = []

    def _plan(self, product: str, capacity: int | None) -> str:
        new = NewPlan(
            product_id=product, name="Club", amount=100, currency="USD", interval=Interval.MONTH,
            type="membership", seat_capacity=capacity, collection_method="send_invoice",
        )  # fmt: skip
        return create_plan(self.books, new, ACT).ref

    def ask(self, expected: str | None, act):
        """What the model refuses is refused by that code, and nothing is recorded."""
        before = self.books.head().position
        told, code = None, None
        try:
            told = act()
        except DomainError as refusal:
            code = refusal.code
        assert code == expected
        assert (self.books.head().position > before) == (expected is None)
        return told

    @rule(emails=st.lists(st.sampled_from(EMAILS), min_size=1, max_size=3))
    def invite(self, emails: list[str]) -> None:
        wrong = None
        if self.capacity is not None and len(self.open) + len(emails) > self.capacity:
            wrong = "seat_capacity_exceeded"
        known = [email for at, email in enumerate(emails)
                 if email in self.open or email in emails[:at]]  # fmt: skip
        if known:
            wrong = "taken" if len(known) == 1 else "invalid"
        wrong = "subscription_ended" if self.ended else wrong
        people = [NewMember(email=email.upper()) for email in emails]
        told = self.ask(
            wrong, lambda: invite_members(self.books, self.ref, people, ACT, listed=True)
        )
        if told is not None:
            self.open |= {email: (ref, False) for email, ref in zip(emails, told.refs, strict=True)}

    @rule(email=st.sampled_from(EMAILS))
    def accept(self, email: str) -> None:
        if email not in self.open:
            return
        ref, accepted = self.open[email]
        wrong = "member_not_pending" if accepted else None
        wrong = "subscription_ended" if self.ended else wrong
        if self.ask(wrong, lambda: accept_member(self.books, self.ref, ref, ACT)):
            self.open[email] = (ref, True)

    @rule(email=st.sampled_from(EMAILS))
    def remove(self, email: str) -> None:
        if email in self.open:
            ref, _ = self.open.pop(email)
            self.ask(None, lambda: remove_member(self.books, self.ref, ref, ACT))
            self.gone.append(ref)

    @rule()
    def ask_of_one_who_is_gone(self) -> None:
        if self.gone:
            ref = self.gone[-1]
            self.ask("member_removed", lambda: remove_member(self.books, self.ref, ref, ACT))
            wrong = "subscription_ended" if self.ended else "member_not_pending"
            self.ask(wrong, lambda: accept_member(self.books, self.ref, ref, ACT))

    @rule()
    def expire(self) -> None:
        if not self.ended:
            subscription = self.books.load(Subscription, self.ref)
            subscription.expire(self.books.now())
            self.books.record(subscription, by=ACT.by)
            self.ended = True

    @rule(at=st.sampled_from(range(len(CAPACITIES))))
    def restart(self, at: int) -> None:
        capacity, account = CAPACITIES[at], account_of(self.books)
        wrong = None
        if capacity is not None and len(self.open) > capacity:
            wrong = "seat_capacity_exceeded"
        wrong = wrong if self.ended else "subscription_not_restartable"
        new = NewSubscription(plan_id=self.plans[at])
        done = self.ask(
            wrong, lambda: restart_subscription(self.books, {}, account, self.ref, new, ACT)
        )
        if done is not None:
            self.ended, self.capacity = False, capacity

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "ref"):
            return
        held = self.books.load_many(Member, [ref for ref, _ in self.open.values()])
        accepted = [ref for ref, accepted in self.open.values() if accepted]
        assert {each.ref for each in held.values() if each.status == "active"} == set(accepted)
        gone = self.books.load_many(Member, self.gone).values()
        assert all(each.status == "removed" for each in gone)
        if self.open or self.gone:
            owned = self.books.load(Subscription, self.ref)
            seats = self.books.load(Seats, Seats.id_for(owned.id))
            assert (seats.active, seats.held) == (len(accepted), len(self.open))
            assert self.capacity is None or seats.held <= self.capacity


@pytest.fixture(scope="module")
def connections(service_url):
    opened = Connections(service_url)
    yield opened
    opened.close()


def test_a_membership_does_what_the_model_says(connections):
    class On(Membership):
        pass

    On.connections, On.store = connections, PostgresStore(connections)
    run_state_machine_as_test(
        On,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )  # fmt: skip
