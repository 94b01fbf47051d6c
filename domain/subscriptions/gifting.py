"""A subscription that is a gift: paid by its donor, held until its recipient redeems it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.shared.personal import Personal  # noqa: TC001 - as above
from domain.subscriptions.beginning import Beginning
from domain.subscriptions.gift import Gift
from domain.subscriptions.phases import Phase  # noqa: TC001 - as above
from domain.subscriptions.states import ENDED, MOVES, Move, Status


class Gifting(Beginning):
    @property
    def redeemed(self) -> bool:
        return self.recipient_id is not None

    class GiftPaid(Aggregate.Event):
        """Nothing is owed for it any more: it waits for its recipient, whose term has not begun."""

        TOPIC = "subscription.gift_paid"
        paid_at: datetime

    def hold_for_recipient(self, at: datetime) -> None:
        self.require(Move.HOLD)
        self._gift_paid(paid_at=at)

    @event(GiftPaid)
    def _gift_paid(self) -> None:
        self.status = Status.SCHEDULED
        self.incomplete_until = None
        self.declined_since = None

    class GiftUpdated(Aggregate.Event):
        TOPIC = "subscription.gift_updated"
        gift: Personal[Gift]

    def update_gift(self, gift: Gift) -> None:
        """Raises Conflict `not_a_gift`, `gift_already_redeemed`, `subscription_ended`."""
        self.require(Move.UPDATE)
        if self.gift is None:
            raise Conflict("not_a_gift", "it was not bought as a gift")
        self._require_not_redeemed()
        if gift != self.gift:
            self._gift_updated(gift=gift)

    @event(GiftUpdated)
    def _gift_updated(self, gift: Gift) -> None:
        self.gift = gift

    class GiftErased(Aggregate.Event):
        """Nobody can tell any more for whom it was, or what was said to them."""

        TOPIC = "subscription.gift_erased"

    def erase_gift(self) -> None:
        if self.gift is not None and self.gift != Gift.erased():
            self._gift_erased()

    @event(GiftErased)
    def _gift_erased(self) -> None:
        self.gift = Gift.erased()

    class GiftRedeemed(Aggregate.Event):
        """From now on it is the recipient's, who has access from `phase.start` on. The donor goes
        on paying. A start that has come already is followed by `Activated`."""

        TOPIC = "subscription.gift_redeemed"
        redeemed_at: datetime
        recipient_id: str
        phase: Phase
        anchor: datetime

    def redeem(self, recipient_id: str, phase: Phase, at: datetime) -> None:
        """Raises Conflict `gift_already_redeemed` or `gift_not_redeemable`."""
        self.require(Move.REDEEM)
        self._require_not_redeemed()
        self._gift_redeemed(
            redeemed_at=at, recipient_id=recipient_id, phase=phase, anchor=phase.start
        )

    def require_redeemable(self) -> None:
        """Raises Conflict `gift_not_paid` too: the reason that its recipient can wait for."""
        if self.gift is None:
            raise Conflict(MOVES[Move.REDEEM].code, "it was not bought as a gift")
        self._require_not_redeemed()
        if self.status is Status.INCOMPLETE:
            raise Conflict("gift_not_paid", "it is not paid yet")
        self.require(Move.REDEEM)

    def _require_not_redeemed(self) -> None:
        if self.redeemed:
            raise Conflict("gift_already_redeemed", "it was redeemed before")

    @event(GiftRedeemed)
    def _gift_redeemed(self, recipient_id: str, phase: Phase, anchor: datetime) -> None:
        self.recipient_id = recipient_id
        self.phase = phase
        self.anchor = anchor
        self.start_date = phase.start

    def require_no_gift(self, move: Move) -> None:
        """Raises Conflict with the move's code: its recipient cannot make its donor pay."""
        if self.gift is not None:
            raise Conflict(MOVES[move].code, "a gift is prolonged by its donor: renew_gift")

    def require_given(self) -> None:
        """That its donor may add to it. Raises Conflict `not_a_gift` or `gift_not_redeemed`."""
        if self.gift is None:
            raise Conflict("not_a_gift", "it was not bought as a gift: renew it")
        if self.status not in ENDED and not self.redeemed:
            raise Conflict("gift_not_redeemed", "its first term waits for its recipient")

    def require_begun_if_redeemed(self) -> None:
        """Raises Conflict `gift_redeemed`: a start to come is paid for, and somebody has it."""
        if self.redeemed and self.status is Status.SCHEDULED:
            detail = "what was paid would go back, and its recipient has it: override that"
            raise Conflict("gift_redeemed", detail)

    def hold_from(self, start_date: datetime) -> None:
        """As `reschedule`, of one that waits to be redeemed: the earliest start moves."""
        if self.gift is None:
            raise TypeError("only a gift is held")
        self.update_gift(replace(self.gift, start_date=start_date))
