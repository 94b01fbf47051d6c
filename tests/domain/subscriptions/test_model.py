"""A subscription against a model of a few lines: whatever is asked in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.shared.errors import Conflict
from domain.subscriptions.phases import Booked, following
from domain.subscriptions.states import Move, Status
from tests.domain.subscriptions.test_subscription import ACTS, INVOICE, JAN_31, begun, terms

PAYING = {"trialing", "active", "extended", "past_due"}
OVER = {"canceled", "expired", "incomplete_expired"}
MODEL: dict[Move, tuple[set[str], str | None]] = {
    Move.GIVE_UP: ({"incomplete"}, "incomplete_expired"),
    Move.START: ({"scheduled"}, "incomplete"),
    Move.FALL_PAST_DUE: ({"active", "extended"}, "past_due"),
    Move.BECOME_UNPAID: ({"active", "extended", "past_due"}, "unpaid"),
    Move.CANCEL_NOW: (PAYING | {"scheduled", "incomplete", "unpaid"}, "canceled"),
    Move.SUSPEND: (PAYING | {"scheduled", "incomplete", "unpaid"}, None),
    Move.UPDATE: (PAYING | {"scheduled", "incomplete", "unpaid"}, None),
}
"""Move to the statuses that allow it and the one it leads to, None where that is kept."""


class Lifecycle(RuleBasedStateMachine):
    """`status`, `pending` and `waiting` are the whole model."""

    @initialize(scheduled=st.booleans(), trial=st.sampled_from([0, 14]))
    def begin(self, scheduled: bool, trial: int) -> None:
        self.it = begun(sold=terms(trial_days=trial), scheduled=scheduled)
        self.status = "scheduled" if scheduled else "incomplete"
        self.trial, self.pending, self.waiting, self.number = bool(trial), False, 0, 0
        self.extended = self.restarted = False

    def ask(self, allowed: bool, act) -> bool:
        """What the model allows happens in one fact; anything else records nothing."""
        before = len(self.it.pending_events)
        try:
            act(self.it)
        except Conflict:
            assert not allowed
            assert len(self.it.pending_events) == before
            return False
        assert allowed
        assert len(self.it.pending_events) == before + 1
        return True

    @rule(move=st.sampled_from(sorted(MODEL)))
    def move(self, move: Move) -> None:
        allowed, to = MODEL[move]
        act = ACTS[move]
        if move is Move.SUSPEND:
            self.number += 1
            until = JAN_31 + timedelta(days=9 + self.number)
            act = lambda it: it.suspend(until, JAN_31)  # noqa: E731 - one line
        if self.ask(self.status in allowed, act) and to is not None:
            self.status = to
            self.waiting = 0 if to == "canceled" else self.waiting

    @rule()
    def activate(self) -> None:
        allowed = self.status in {"scheduled", "incomplete", "past_due", "unpaid"}
        if self.ask(allowed, lambda it: it.activate(JAN_31)):
            self.status = "trialing" if self.trial and not self.extended else "active"

    @rule()
    def expire(self) -> None:
        again = self.status == "incomplete" and self.restarted
        if self.ask(again or self.status in PAYING | {"unpaid"}, ACTS[Move.EXPIRE]):
            self.status = "expired"

    @rule()
    def restart(self) -> None:
        if self.ask(self.status == "expired", ACTS[Move.RESTART]):
            self.status, self.restarted, self.waiting = "incomplete", True, 0
            self.pending = self.trial = self.extended = False

    @rule()
    def cancel_at_end(self) -> None:
        allowed = self.status in PAYING and not self.pending
        if self.ask(allowed, lambda it: it.cancel_at_end(JAN_31, None)):
            self.pending, self.waiting = True, 0

    @rule()
    def reactivate(self) -> None:
        allowed = self.status in PAYING and self.pending
        if self.ask(allowed, lambda it: it.reactivate(JAN_31)):
            self.pending = False

    @rule(replaces=st.booleans())
    def book(self, replaces: bool) -> None:
        self.number += 1
        upcoming = self.it.upcoming if not replaces else ()
        last = upcoming[-1] if upcoming else None
        before = last.phase if last else self.it.phase
        since = last.anchor if last else self.it.anchor
        phase, anchor = following(f"ph_{self.number}", before, since, "UTC")
        booked = Booked(phase, anchor, 1, True, "send_invoice")
        open_ones = 0 if replaces else self.waiting
        allowed = self.status in PAYING | {"unpaid"} and not self.pending and open_ones < 9
        if self.ask(allowed, lambda it: it.book(booked, JAN_31, replaces=replaces)):
            self.waiting = open_ones + 1

    @rule()
    def renew(self) -> None:
        booked = self.it.upcoming[0] if self.it.upcoming else None
        phase = booked.phase if booked else self.it.next_phase("ph_next")
        allowed = not self.pending and (
            self.status in PAYING or (self.status == "unpaid" and booked is not None)
        )
        end = self.it.phase.end
        if self.ask(allowed, lambda it: it.renew(phase, INVOICE, JAN_31, booked)):
            self.status = "past_due" if self.status == "past_due" else "active"
            self.trial = self.extended = False
            self.waiting -= booked is not None
            assert self.it.phase.start == end

    @rule()
    def extend(self) -> None:
        longer = replace(self.it.phase, index=-1, end=self.it.phase.end + timedelta(days=400))
        allowed = self.status in PAYING
        act = lambda it: it.extend(longer, longer.end, (), JAN_31)  # noqa: E731 - one line
        if self.ask(allowed, act):
            self.extended, self.waiting = True, 0

    @rule()
    def begin_extension(self) -> None:
        allowed = self.status in {"active", "trialing"}
        if self.ask(allowed, lambda it: it.begin_extension(JAN_31)):
            self.status = "extended"

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "it"):
            return
        assert self.it.status == self.status
        assert self.it.status in set(Status)
        assert len(self.it.upcoming) == self.waiting
        assert self.it.cancel_at_period_end == self.pending
        assert self.it.phase.start < self.it.phase.end


Lifecycle.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestLifecycle = Lifecycle.TestCase
