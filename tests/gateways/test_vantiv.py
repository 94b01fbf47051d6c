"""The Worldpay adapter on a schema-checked stand-in: the contract, and what is Worldpay's own."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from domain.payments.gateway import Approved, Declined, Unanswered
from domain.shared.identifiers import typed_id
from gateways.vantiv import made, own_id
from store.ids import new_id
from tests.gateways.cnp import CnpStandIn
from tests.gateways.contract import Bench, GatewayContract

KINDS = {
    "charge": "sale", "refund": "credit",
    "look_up": "queryTransaction", "refund_look_up": "queryTransaction",
}  # fmt: skip
OK = b"HTTP/1.1 200 OK\r\n"
NONSENSE = {
    "encoding": "<?xml version='1.0' encoding='bogus'?><a/>",
    "multibyte": "<?xml version='1.0' encoding='utf-7'?><a/>",
    "truncated": OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\n<a>",
    "chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nsize\r\n<a>",
    "status": b"HTTP/1.1 OK\r\n\r\n",
    "no_http": b"<a/>",
    "header": OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
    "headers": OK + b"X: x\r\n" * 101 + b"\r\n",
    "dripping": OK + b"\r\n\0" + b"<a>" * 20,
    "dripping_head": b"HTTP/1.1 200 OK\r\n\0" + b"X: x\r\n" * 10,
    "moved": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n",
    "long": "<a>" + " " * 300_000 + "</a>",
}
BOMB = """<!DOCTYPE a [<!ENTITY x "boom"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>"""
OUTSIDE = """<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>"""


@pytest.fixture(scope="module")
def running():
    with CnpStandIn() as standin:
        yield standin


@pytest.fixture
def standin(running):
    running.settled = running.forgets = running.received = False
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
        nonsense=NONSENSE,
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


@pytest.mark.parametrize("token", ["prepaid", "virtual"])
def test_a_prepaid_card_that_was_approved_has_paid(bench, token):
    charge = bench.charge(token)
    paid = bench.gateway.charge(charge)
    assert isinstance(paid, Approved)
    assert bench.gateway.look_up(charge) == bench.gateway.charge(charge) == paid
    assert bench.charges(charge.payment_id) == 1


@pytest.mark.parametrize("whole_of_it", [True, False])
def test_a_refund_that_was_received_is_paid_out(bench, standin, whole_of_it):
    repayment = replace(whole(bench, bench.charge()), whole=whole_of_it)
    standin.received = True
    back = bench.gateway.repay(repayment)
    assert isinstance(back, Approved)
    assert bench.gateway.look_up_repayment(repayment) == back
    assert bench.repaid(repayment.refund_id) == 3100


@pytest.mark.parametrize(("settled", "kind"), [(False, "void"), (True, "credit")])
def test_a_part_of_the_amount_goes_back_and_is_a_decline(bench, standin, settled, kind):
    standin.settled = settled
    charge = bench.charge("partly")
    declined = bench.gateway.charge(charge)
    assert (declined.code, declined.is_hard) == ("partially_approved", False)
    assert bench.gateway.look_up(charge) == declined
    (back,) = standin.of(charge.payment_id, kind)
    assert back["amount"] == ("1000" if settled else "")


def test_a_part_that_does_not_go_back_leaves_the_charge_open(bench, standin):
    charge = bench.charge("partly")
    standin.faults["void"] = "before"
    assert bench.gateway.charge(charge) == Unanswered(reached=True)
    assert standin.of(charge.payment_id, "void") == []
    assert bench.gateway.look_up(charge).code == "partially_approved"
    assert len(standin.of(charge.payment_id, "void")) == 1


@pytest.mark.parametrize("said", ["dripping", "dripping_head"])
def test_an_answer_is_waited_for_no_longer_than_said(bench, said):
    charge = bench.charge()
    bench.fail("charge", NONSENSE[said])
    began = time.monotonic()
    assert bench.gateway.charge(charge) == Unanswered()
    assert time.monotonic() - began < 0.6


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
