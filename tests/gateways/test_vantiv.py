"""The Worldpay adapter on a schema-checked stand-in: the contract, and what is Worldpay's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.payments.gateway import Approved, Declined, Unanswered
from domain.shared.identifiers import typed_id
from gateways.vantiv import made, own_id
from store.ids import new_id
from tests.gateways.cnp import CnpStandIn
from tests.gateways.contract import Bench, GatewayContract

KINDS = {"charge": "sale", "refund": "credit"}
BOMB = """<!DOCTYPE a [<!ENTITY x "boom"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>"""
OUTSIDE = """<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>"""


@pytest.fixture(scope="module")
def running():
    with CnpStandIn() as standin:
        yield standin


@pytest.fixture
def standin(running):
    running.settled = running.forgets = False
    yield running
    assert running.invalid == []


@pytest.fixture
def bench(standin):
    return Bench(
        gateway=standin.adapter(),
        good="visa",
        declined="declined",
        charges=lambda ref: len(standin.of(ref, "sale")),
        repaid=lambda ref: sum(
            int(each["amount"] or 3100) for each in standin.of(ref, "credit", "void")
        ),
        fail=lambda what, how: standin.faults.update({KINDS[what]: how}),
    )


class TestVantiv(GatewayContract):
    """What every gateway does."""


def whole(bench, charge):
    repayment = GatewayContract._repayment(bench, charge, charge.amount)
    return replace(repayment, whole=True)


def test_all_of_a_sale_that_is_not_settled_is_voided(bench, standin):
    repayment = whole(bench, bench.charge())
    assert isinstance(bench.gateway.repay(repayment), Approved)
    assert len(standin.of(repayment.refund_id, "void")) == 1
    assert isinstance(bench.gateway.look_up_repayment(repayment), Approved)


def test_all_of_a_settled_sale_is_credited(bench, standin):
    standin.settled = True
    repayment = whole(bench, bench.charge())
    assert isinstance(bench.gateway.repay(repayment), Approved)
    assert bench.repaid(repayment.refund_id) == 3100


def test_a_credit_that_was_lost_after_its_void_was_refused_is_sent_again(bench, standin):
    standin.settled = True
    repayment = whole(bench, bench.charge())
    bench.fail("refund", "before")
    assert bench.gateway.repay(repayment) == Unanswered()
    assert bench.gateway.look_up_repayment(repayment) is None
    assert isinstance(bench.gateway.repay(repayment), Approved)
    assert bench.repaid(repayment.refund_id) == 3100


def test_a_void_whose_answer_was_lost_is_not_credited_too(bench, standin):
    repayment = whole(bench, bench.charge())
    standin.faults["void"] = "after"
    assert bench.gateway.repay(repayment) == Unanswered()
    assert isinstance(bench.gateway.look_up_repayment(repayment), Approved)
    assert isinstance(bench.gateway.repay(repayment), Approved)
    assert bench.repaid(repayment.refund_id) == 3100


@pytest.mark.parametrize(
    ("token", "code", "hard"),
    [
        ("declined", "insufficient_funds", False),
        ("stolen", "lost_card", True),
        ("unavailable", "try_again_later", False),
    ],
)
def test_a_decline_says_whether_asking_again_can_help(bench, token, code, hard):
    declined = bench.gateway.charge(bench.charge(token))
    assert (declined.code, declined.is_hard) == (code, hard)


@pytest.mark.parametrize("answer", [BOMB, OUTSIDE, "<", "<a/>", "<a>" * 100_000, "<!-- -->"])
def test_an_answer_that_is_none_leaves_the_charge_open(bench, standin, answer):
    charge = bench.charge()
    standin.faults["sale"] = answer if answer != "<" else "<a"
    assert bench.gateway.charge(charge) == Unanswered()
    assert isinstance(bench.gateway.look_up(charge), Approved)


def test_an_answer_to_another_request_is_none(bench, standin):
    charge = bench.charge()
    other = bench.charge()
    bench.gateway.charge(other)
    number = standin.of(other.payment_id, "sale")[0]
    from tests.gateways.cnp import _told, _wrapped

    standin.faults["sale"] = _wrapped(_told(number))
    assert bench.gateway.charge(charge) == Unanswered()


def test_what_is_charged_in_another_currency_than_the_merchants_is_refused(bench):
    declined = bench.gateway.charge(replace(bench.charge(), currency="EUR"))
    assert (declined.code, declined.is_hard) == ("currency_not_supported", True)


def test_text_cannot_become_markup(bench, standin):
    charge = replace(bench.charge(), method_reference="4111<amount>1</amount>")
    assert bench.gateway.charge(charge) == Unanswered()
    assert len(standin.invalid) == 1
    standin.invalid.clear()
    assert standin.of(charge.payment_id, "sale") == []


def test_a_refund_of_a_sale_that_nobody_knows_is_refused(bench):
    charge = bench.charge()
    repayment = GatewayContract._repayment(bench, charge, 100)
    unknown = bench.gateway.repay(replace(repayment, payment_reference="100"))
    assert isinstance(unknown, Declined)
    assert isinstance(bench.gateway.repay(replace(repayment, payment_reference="")), Declined)


def test_references_fit_and_stay_apart():
    refs = {typed_id("pay", new_id()) for _ in range(1000)}
    assert {len(own_id(ref)) for ref in refs} == {25}
    assert len({own_id(ref) for ref in refs}) == 1000


@pytest.mark.parametrize(
    ("url", "livemode"),
    [
        ("https://payments.vantivcnp.com/vap/communicator/online", False),
        ("https://payments.vantivprelive.com/vap/communicator/online", True),
    ],
)
def test_an_address_of_the_other_mode_is_refused(url, livemode):
    settings = {"url": url, "user": "u", "password": "p", "merchant_id": "1"}
    with pytest.raises(ValueError, match="needs the live address"):
        made(settings, account_id="acct_x", livemode=livemode)
