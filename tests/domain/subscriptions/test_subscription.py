"""A subscription's states and what each allows; terms from the anchor; re-dating by payment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.shared.errors import Conflict
from domain.shared.period import Interval
from domain.shared.policy import BillingPolicy
from domain.shared.terms import Terms
from domain.subscriptions.phases import Booked, Phase, first_phase
from domain.subscriptions.redating import redated_by_payment
from domain.subscriptions.states import MOVES, Move, Status
from domain.subscriptions.subscription import Subscription

JAN_31 = datetime(2026, 1, 31, tzinfo=UTC)
INVOICE = "inv_00000000000000000000000001"


def terms(**changes) -> Terms:
    fields: dict[str, Any] = {
        "plan_id": "plan_1", "plan_name": "Monthly", "product_id": "prod_1",
        "product_name": "News", "type": "regular", "amount": 3000, "currency": "USD",
        "interval": Interval.MONTH, "interval_count": 1,
    }  # fmt: skip
    return Terms(**fields | changes)


def begun(
    start: datetime = JAN_31, sold: Terms | None = None, zone: str = "UTC", **changes: Any
) -> Subscription:
    phase = first_phase("ph_0", start, zone, sold or terms())
    return Subscription.begin(
        Subscription.Created,
        id=UUID(int=9),
        customer_id="cus_1",
        phase=phase,
        quantity=1,
        auto_renew=True,
        collection_method="send_invoice",
        anchor=phase.end if phase.index < 0 else phase.start,
        timezone=zone,
        start_date=start,
        invoice_id=INVOICE,
        incomplete_until=start + timedelta(days=7),
        **changes,
    )


def activate(subscription: Subscription) -> None:
    subscription.activate(JAN_31)


def renew(subscription: Subscription) -> None:
    phase = subscription.next_phase("ph_1")
    subscription.renew(phase, INVOICE, phase.start)


def booked(subscription: Subscription) -> Booked:
    phase = subscription.next_phase("ph_booked")
    return Booked(phase, subscription.anchor, 1, True, "send_invoice")


def cancel(subscription: Subscription) -> None:
    subscription.cancel_at_end(JAN_31, "moved away")


def expire(subscription: Subscription) -> None:
    subscription.expire(JAN_31)


def restart(subscription: Subscription) -> None:
    again = first_phase("ph_again", JAN_31, subscription.timezone, subscription.phase.terms)
    subscription.restart(
        again, JAN_31, quantity=1, auto_renew=True, collection_method="send_invoice",
        invoice_id=INVOICE, incomplete_until=JAN_31, metadata={},
    )  # fmt: skip


def give_up(subscription: Subscription) -> None:
    subscription.give_up(JAN_31)


def fall_past_due(subscription: Subscription) -> None:
    subscription.fall_past_due(INVOICE, JAN_31)


def become_unpaid(subscription: Subscription) -> None:
    subscription.become_unpaid(INVOICE, JAN_31)


def extend(subscription: Subscription) -> None:
    longer = replace(subscription.phase, index=-1, end=subscription.phase.end + timedelta(days=5))
    subscription.extend(longer, longer.end, (), JAN_31)


def reactivate(subscription: Subscription) -> None:
    subscription.cancel_at_period_end = True
    subscription.reactivate(JAN_31)


def rename(subscription: Subscription) -> None:
    subscription.update({"metadata": {"another": str(subscription.version)}})


ACTS: dict[Move, Any] = {
    Move.RESCHEDULE: lambda it: it.reschedule(it.phase, it.anchor, JAN_31),
    Move.START: lambda it: it.start(INVOICE, JAN_31, JAN_31),
    Move.ACTIVATE: activate,
    Move.GIVE_UP: give_up,
    Move.NOTE_DECLINE: lambda it: it.note_decline(INVOICE, "card_declined", "no", JAN_31),
    Move.FALL_PAST_DUE: fall_past_due,
    Move.BECOME_UNPAID: become_unpaid,
    Move.RENEW: lambda it: it.renew(it.next_phase("ph_1"), INVOICE, JAN_31, booked(it)),
    Move.BOOK: lambda it: it.book(booked(it), JAN_31, replaces=False),
    Move.CHANGE_PLAN: lambda it: it.change_plan(it.phase, it.anchor, JAN_31, proration="none"),
    Move.EXTEND: extend,
    Move.BEGIN_EXTENSION: lambda it: it.begin_extension(JAN_31),
    Move.SUSPEND: lambda it: it.suspend(JAN_31 + timedelta(days=9), JAN_31),
    Move.RECORD_USAGE: lambda it: it.record_usage(3, JAN_31, JAN_31),
    Move.UPDATE: rename,
    Move.CANCEL_AT_END: cancel,
    Move.REACTIVATE: reactivate,
    Move.CANCEL_NOW: lambda it: it.cancel_now(JAN_31, None),
    Move.EXPIRE: expire,
    Move.RESTART: restart,
    Move.HOLD: lambda it: it.hold_for_recipient(JAN_31),
    Move.REDEEM: lambda it: it.redeem("cus_2", it.phase, JAN_31),
}
HISTORIES: dict[Status, list[Any]] = {
    Status.SCHEDULED: [],
    Status.INCOMPLETE: [],
    Status.TRIALING: [activate],
    Status.ACTIVE: [activate],
    Status.EXTENDED: [activate, extend, ACTS[Move.BEGIN_EXTENSION]],
    Status.PAST_DUE: [activate, fall_past_due],
    Status.UNPAID: [activate, become_unpaid],
    Status.CANCELED: [activate, ACTS[Move.CANCEL_NOW]],
    Status.EXPIRED: [activate, expire],
    Status.INCOMPLETE_EXPIRED: [give_up],
}


BY_USAGE = BillingPolicy(
    version=1, kind="usage_in_arrears", prompt="p", currency="USD", interval=Interval.MONTH,
    unit_amount=50, unit="copy",
)  # fmt: skip


def in_state(status: Status) -> Subscription:
    subscription = begun(
        sold=terms(trial_days=14 if status is Status.TRIALING else 0),
        scheduled=status is Status.SCHEDULED,
    )
    for act in HISTORIES[status]:
        act(subscription)
    assert subscription.status is status
    return subscription


def test_every_status_and_every_move_is_in_the_table():
    assert set(HISTORIES) == set(Status)
    assert set(ACTS) == set(MOVES) == set(Move)


@pytest.mark.parametrize("status", HISTORIES)
@pytest.mark.parametrize("move", ACTS)
def test_each_status_allows_what_the_table_says_and_refuses_the_rest(status, move):
    subscription = in_state(status)
    subscription.restarted = move is Move.EXPIRE
    subscription.upcoming = (booked(subscription),) if move is Move.RENEW else ()
    if move is Move.RECORD_USAGE:
        by_usage = replace(subscription.phase.terms, policy=BY_USAGE)
        subscription.phase = replace(subscription.phase, terms=by_usage)
    before = list(subscription.pending_events)
    if status in MOVES[move].to:
        ACTS[move](subscription)
        assert subscription.status in MOVES[move].to[status]
        assert len(subscription.pending_events) == len(before) + 1
        return
    if move is Move.NOTE_DECLINE:  # an answer that comes after the end changes nothing any more
        ACTS[move](subscription)
    else:
        with pytest.raises(Conflict) as refused:
            ACTS[move](subscription)
        assert refused.value.code == MOVES[move].code
    assert subscription.pending_events == before


def test_every_status_but_the_first_is_reached_by_a_move():
    reached = {to for rule in MOVES.values() for statuses in rule.to.values() for to in statuses}
    assert reached == set(Status)


def test_at_most_ten_phases_are_open():
    subscription = in_state(Status.ACTIVE)
    for _ in range(9):
        subscription.book(booked(subscription), JAN_31, replaces=False)
    with pytest.raises(Conflict, match="too_many_phases"):
        subscription.book(booked(subscription), JAN_31, replaces=False)
    subscription.book(booked(subscription), JAN_31, replaces=True)
    assert len(subscription.upcoming) == 1


def test_terms_are_counted_from_the_anchor_not_from_the_last_term():
    subscription = begun(JAN_31)
    activate(subscription)
    ends = []
    for _ in range(3):
        renew(subscription)
        ends.append(subscription.phase.end.date().isoformat())
    assert ends == ["2026-03-31", "2026-04-30", "2026-05-31"]


def test_a_trial_comes_before_the_anchor_and_its_end_begins_the_first_billed_term():
    subscription = begun(JAN_31, terms(trial_days=14))
    activate(subscription)
    assert subscription.status is Status.TRIALING
    assert subscription.phase.end == datetime(2026, 2, 14, tzinfo=UTC)
    renew(subscription)
    assert subscription.status is Status.ACTIVE
    assert subscription.phase.index == 0
    assert subscription.phase.end == datetime(2026, 3, 14, tzinfo=UTC)


def test_a_cancelled_subscription_does_not_renew():
    subscription = in_state(Status.ACTIVE)
    cancel(subscription)
    for act in (renew, cancel):
        with pytest.raises(Conflict):
            act(subscription)


def test_an_expired_subscription_cannot_be_changed():
    with pytest.raises(Conflict, match="subscription_ended"):
        in_state(Status.EXPIRED).update({"auto_renew": False})


def test_a_decline_leaves_a_beginning_incomplete_and_a_running_term_past_due():
    for status, left in [
        (Status.INCOMPLETE, Status.INCOMPLETE),
        (Status.ACTIVE, Status.PAST_DUE),
        (Status.PAST_DUE, Status.PAST_DUE),
    ]:
        subscription = in_state(status)
        subscription.note_decline(INVOICE, "card_declined", "no", JAN_31)
        assert subscription.status is left


def test_a_late_payment_moves_the_term_and_the_anchor():
    subscription = begun(datetime(2026, 1, 20, tzinfo=UTC))
    paid_at = datetime(2026, 2, 7, 15, 30, tzinfo=UTC)
    phase, anchor = redated_by_payment(subscription, paid_at)
    assert (phase.start, phase.end) == (paid_at, datetime(2026, 3, 7, 15, 30, tzinfo=UTC))
    assert (phase.index, anchor) == (0, paid_at)


@pytest.mark.parametrize("paid_at", [JAN_31 - timedelta(days=3), JAN_31 + timedelta(hours=23)])
def test_a_payment_before_or_on_the_day_of_the_boundary_keeps_the_anchor(paid_at):
    subscription = begun(JAN_31)
    phase, anchor = redated_by_payment(subscription, paid_at)
    assert (phase, anchor) == (subscription.phase, JAN_31)


def test_a_day_in_another_zone_is_the_account_s_day():
    start = datetime(2026, 1, 31, 22, tzinfo=UTC)
    paid_at = start + timedelta(hours=3)
    assert redated_by_payment(begun(start, zone="UTC"), paid_at)[1] == paid_at
    berlin = begun(start, zone="America/New_York")
    assert redated_by_payment(berlin, paid_at)[1] == start


def test_a_snapshot_s_names_are_the_aggregate_s_attributes():
    kept = set(vars(begun())) - {
        "_id", "_version", "_created_on", "_modified_on", "_pending_events", "ref",
    }  # fmt: skip
    assert kept == set(Subscription.SNAPSHOT.__annotations__)


def test_a_phase_is_a_value():
    assert Phase("ph", 0, JAN_31, JAN_31, terms()) == Phase("ph", 0, JAN_31, JAN_31, terms())
