"""What every payment gateway has to do, whoever runs it: one suite for all adapters.

An adapter's test module makes a `Bench` as its fixture and subclasses `GatewayContract`, or
`ConfirmingContract` where customers may have to confirm.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from domain.payments.gateway import (
    ActionRequired,
    Approved,
    Charge,
    Declined,
    Forged,
    Message,
    Registration,
    Repayment,
    Unanswered,
    Unreadable,
)
from domain.shared.errors import Invalid
from domain.shared.identifiers import typed_id
from store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.payments.gateway import Gateway


@dataclass
class Bench:
    """An adapter on its stand-in. Tokens: `good` pays, `declined` does not, `confirmed` has to be
    confirmed (None where the gateway asks nobody). `charges` and `repaid` count at the stand-in
    what was done under a reference. `fail` makes the next charge or refund
    go wrong: `before` it is heard,
    `after` it is done, or `slow`ly answered.
    """

    gateway: Gateway
    good: str
    declined: str
    charges: Callable[[str], int]
    repaid: Callable[[str], int]
    fail: Callable[[str, str], None]
    confirmed: str | None = None
    header: str | None = None
    secret: str = "whsec_test"

    def charge(self, token: str | None = None, **more: Any) -> Charge:
        new = Registration(token or self.good, typed_id("cus", new_id()))
        card = self.gateway.register(new)
        return Charge(typed_id("pay", new_id()), 3100, "USD", card.reference, **more)

    def signed(self, event: Any, *, secret: str | None = None, at: float | None = None) -> Message:
        body = json.dumps(event).encode()
        return Message(body, {self.header or "": signature(secret or self.secret, body, at)})


def signature(secret: str, body: bytes, at: float | None = None) -> str:
    """Source: https://docs.stripe.com/webhooks/signature."""
    when = int(time.time() if at is None else at)
    mac = hmac.new(secret.encode(), f"{when}.".encode() + body, hashlib.sha256)
    return f"t={when},v1={mac.hexdigest()}"


class GatewayContract:
    def test_a_card_is_kept_with_what_may_be_shown_of_it(self, bench):
        card = bench.gateway.register(Registration(bench.good, typed_id("cus", new_id())))
        assert card.last4 is not None
        assert len(card.last4) == 4
        assert card.reference

    @pytest.mark.parametrize("token", ["", "nonsense", "tok_no_such", "pm_no_such", "'; --", "§"])
    def test_a_token_of_nobody_is_refused(self, bench, token):
        with pytest.raises(Invalid) as refused:
            bench.gateway.register(Registration(token, typed_id("cus", new_id())))
        assert refused.value.code == "token_not_accepted"

    def test_another_card_of_the_same_customer_is_kept_beside_it(self, bench):
        customer = typed_id("cus", new_id())
        first = bench.gateway.register(Registration(bench.good, customer))
        second = bench.gateway.register(Registration(bench.good, customer, first.reference))
        charge = Charge(typed_id("pay", new_id()), 100, "USD", second.reference)
        assert isinstance(bench.gateway.charge(charge), Approved)

    def test_the_same_reference_is_charged_once(self, bench):
        charge = bench.charge()
        first = bench.gateway.charge(charge)
        assert isinstance(first, Approved)
        assert bench.gateway.charge(charge) == first
        assert bench.gateway.look_up(charge) == first
        assert bench.charges(charge.payment_id) == 1

    def test_nobody_knows_a_charge_that_was_never_made(self, bench):
        charge = bench.charge()
        assert bench.gateway.look_up(charge) is None
        assert bench.charges(charge.payment_id) == 0

    def test_a_decline_is_told_and_takes_nothing(self, bench):
        charge = bench.charge(bench.declined)
        declined = bench.gateway.charge(charge)
        assert isinstance(declined, Declined)
        assert declined.code
        assert declined.detail
        assert not declined.is_hard
        assert isinstance(bench.gateway.look_up(charge), Declined)
        assert bench.charges(charge.payment_id) == 0

    @pytest.mark.parametrize("how", ["after", "slow"])
    def test_a_lost_answer_is_looked_up_and_a_second_charge_is_the_first(self, bench, how):
        charge = bench.charge()
        bench.fail("charge", how)
        assert bench.gateway.charge(charge) == Unanswered()
        found = bench.gateway.look_up(charge)
        assert isinstance(found, Approved)
        assert bench.gateway.charge(charge) == found
        assert bench.charges(charge.payment_id) == 1

    def test_what_was_never_heard_is_sent_again(self, bench):
        charge = bench.charge()
        bench.fail("charge", "before")
        assert bench.gateway.charge(charge) == Unanswered()
        assert bench.gateway.look_up(charge) is None
        assert isinstance(bench.gateway.charge(charge), Approved)
        assert bench.charges(charge.payment_id) == 1

    def test_money_goes_back_once_for_its_reference(self, bench):
        charge = bench.charge()
        repayment = self._repayment(bench, charge, 1100)
        assert bench.gateway.look_up_repayment(repayment) is None
        first = bench.gateway.repay(repayment)
        assert isinstance(first, Approved)
        assert bench.gateway.repay(repayment) == first
        assert bench.gateway.look_up_repayment(repayment) == first
        assert bench.repaid(repayment.refund_id) == 1100

    def test_a_refund_whose_answer_was_lost_is_found(self, bench):
        repayment = self._repayment(bench, bench.charge(), 3100)
        bench.fail("refund", "after")
        assert bench.gateway.repay(repayment) == Unanswered()
        assert isinstance(bench.gateway.look_up_repayment(repayment), Approved)
        assert bench.repaid(repayment.refund_id) == 3100

    def test_what_is_not_signed_by_the_gateway_is_forged(self, bench):
        said = {"type": "payment.succeeded", "payment_id": "pay_x", "data": {"object": {}}}
        wrong = [Message(json.dumps(said).encode(), {})]
        if bench.header is not None:
            good = bench.signed(said)
            wrong += [
                bench.signed(said, secret="whsec_other"),
                bench.signed(said, at=time.time() - 3600),
                bench.signed(said, at=time.time() + 3600),
                Message(good.body + b" ", good.headers),
                Message(b"\xff", good.headers),
                Message(good.body, {bench.header: "v1=abc"}),
                Message(good.body, {bench.header: "t=x,v1="}),
            ]
        for message in wrong:
            with pytest.raises(Forged):
                bench.gateway.read(message)

    def test_what_is_signed_and_no_event_is_unreadable(self, bench):
        for told in ([], "text", {}, 1) if bench.header is not None else ():
            with pytest.raises(Unreadable):
                bench.gateway.read(bench.signed(told))

    @staticmethod
    def _repayment(bench: Bench, charge: Charge, amount: int) -> Repayment:
        paid = bench.gateway.charge(charge)
        assert isinstance(paid, Approved)
        ref = typed_id("ref", new_id())
        return Repayment(ref, charge.payment_id, amount, charge.currency, paid.reference)


class ConfirmingContract(GatewayContract):
    """Of a gateway that asks customers to confirm: `bench.confirmed` is a card of one."""

    def test_what_nobody_confirmed_is_given_up_for_good(self, bench):
        charge = bench.charge(bench.confirmed)
        asked = bench.gateway.charge(charge)
        assert isinstance(asked, ActionRequired)
        assert asked.client_secret
        assert asked.client_secret not in repr(asked)
        again = bench.gateway.look_up(charge)
        assert (again.client_secret, again.redirect_url) == (
            asked.client_secret, asked.redirect_url,
        )  # fmt: skip
        assert isinstance(bench.gateway.abandon(charge), Declined)
        assert bench.charges(charge.payment_id) == 0

    def test_where_nobody_is_there_to_confirm_it_is_declined(self, bench):
        charge = bench.charge(bench.confirmed, off_session=True)
        declined = bench.gateway.charge(charge)
        assert isinstance(declined, Declined)
        assert declined.code == "authentication_required"
        assert bench.charges(charge.payment_id) == 0
