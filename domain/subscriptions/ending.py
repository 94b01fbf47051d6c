"""How a subscription ends: with its term, at once, or because its last term is over."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.subscriptions.beginning import Beginning
from domain.subscriptions.states import Move, Status


class Ending(Beginning):
    @property
    def cancelable(self) -> bool:
        """Whether it can be told to end with its term."""
        return self.allows(Move.CANCEL_AT_END) and not self.cancel_at_period_end

    class Canceled(Aggregate.Event):
        """`mode` period_end: runs on until the current term's end, then `Expired`; now: it is
        over. Phases that were booked do not begin."""

        TOPIC = "subscription.canceled"
        canceled_at: datetime
        mode: str
        reason: str | None = None

    def cancel_at_end(self, at: datetime, reason: str | None) -> None:
        """No further renewal. Raises Conflict `subscription_not_cancelable`."""
        self.require(Move.CANCEL_AT_END)
        if self.cancel_at_period_end:
            raise Conflict("subscription_not_cancelable", "it ends with its term already")
        self._canceled(canceled_at=at, mode="period_end", reason=reason)

    def cancel_now(self, at: datetime, reason: str | None) -> None:
        """Raises Conflict `subscription_not_cancelable`."""
        self.require(Move.CANCEL_NOW)
        self._canceled(canceled_at=at, mode="now", reason=reason)

    @event(Canceled)
    def _canceled(self, mode: str) -> None:
        self.upcoming = ()
        if mode == "now":
            self.status = Status.CANCELED
        else:
            self.cancel_at_period_end = True

    class Reactivated(Aggregate.Event):
        """A cancellation that was pending is taken back."""

        TOPIC = "subscription.reactivated"
        reactivated_at: datetime

    def reactivate(self, at: datetime) -> None:
        """Raises Conflict `subscription_not_reactivatable`."""
        self.require(Move.REACTIVATE)
        if not self.cancel_at_period_end:
            raise Conflict("subscription_not_reactivatable", "no cancellation is pending")
        self._reactivated(reactivated_at=at)

    @event(Reactivated)
    def _reactivated(self) -> None:
        self.cancel_at_period_end = False

    class Expired(Aggregate.Event):
        TOPIC = "subscription.expired"
        expired_at: datetime

    def expire(self, at: datetime) -> None:
        """The last term is over, or a restart was never paid."""
        self.require(Move.EXPIRE)
        if self.status is Status.INCOMPLETE and not self.restarted:
            raise Conflict("subscription_state", "it never began: give it up")
        self._expired(expired_at=at)

    @event(Expired)
    def _expired(self) -> None:
        self.status = Status.EXPIRED

    class IncompleteExpired(Aggregate.Event):
        TOPIC = "subscription.incomplete_expired"
        expired_at: datetime

    def give_up(self, at: datetime) -> None:
        """Never paid inside its window."""
        self.require(Move.GIVE_UP)
        self._incomplete_expired(expired_at=at)

    @event(IncompleteExpired)
    def _incomplete_expired(self) -> None:
        self.status = Status.INCOMPLETE_EXPIRED
