"""Cards kept at localstripe: of a set-up that was completed, and of its own customer only."""

from __future__ import annotations

import pytest

from domain.payments.gateway import Approved, Charge, GatewayUnavailable, Registration
from domain.shared.errors import Invalid
from domain.shared.identifiers import typed_id
from store.ids import new_id
from tests.gateways.test_stripe import NONSENSE, OTHER, bench_on


@pytest.fixture
def bench(stripe_standin):
    return bench_on(stripe_standin)


def set_up(standin, customer=None):
    """A set-up that a customer completed in the browser."""
    asked = {} if customer is None else {"customer": customer}
    made = standin.post("/v1/setup_intents", {**asked, "payment_method_types[0]": "card"})
    done = {"payment_method": standin.card("4242424242424242")}
    return standin.post(f"/v1/setup_intents/{made['id']}/confirm", done)["id"]


def test_a_completed_set_up_is_of_one_customer_of_ours_for_good(bench, stripe_standin):
    theirs = stripe_standin.post("/v1/customers", {"description": "made by the shop"})["id"]
    mine, other = typed_id("cus", new_id()), typed_id("cus", new_id())
    token = set_up(stripe_standin, theirs)
    card = bench.gateway.register(Registration(token, mine))
    assert card.reference.startswith(f"{theirs}/pm_")
    assert bench.gateway.register(Registration(token, mine)) == card
    for customer, gateway in ((other, bench.gateway), (mine, stripe_standin.adapter(OTHER))):
        with pytest.raises(Invalid) as refused:
            gateway.register(Registration(token, customer))
        assert refused.value.code == "token_not_accepted"
        assert "another customer" in refused.value.fields[0].detail


def test_a_set_up_of_no_customer_is_kept_with_ours(bench, stripe_standin):
    mine = Registration(set_up(stripe_standin), typed_id("cus", new_id()))
    card = bench.gateway.register(mine)
    charge = Charge(typed_id("pay", new_id()), 100, "USD", card.reference)
    assert isinstance(bench.gateway.charge(charge), Approved)


@pytest.mark.parametrize(
    ("becomes", "detail"),
    [
        ({"status": "requires_action"}, "the set-up is requires_action"),
        ({"status": "canceled"}, "the set-up is canceled"),
        ({"payment_method": None}, "it set up no card"),
        ({"customer": "cus_nobody"}, ""),
    ],
)
def test_a_set_up_that_was_not_completed_is_refused(bench, stripe_standin, becomes, detail):
    customer = stripe_standin.post("/v1/customers", {})["id"]
    token = set_up(stripe_standin, customer)
    stripe_standin.change(token, **becomes)
    with pytest.raises(Invalid) as refused:
        bench.gateway.register(Registration(token, typed_id("cus", new_id())))
    assert refused.value.code == "token_not_accepted"
    assert detail in refused.value.fields[0].detail


@pytest.mark.parametrize("said", [each for each in NONSENSE.values() if each[0] == 200])
def test_a_card_that_stripe_did_not_clearly_keep_is_not_kept(bench, stripe_standin, said):
    stripe_standin.say("/v1/payment_methods", *said)
    with pytest.raises(GatewayUnavailable):
        bench.gateway.register(Registration("tok_visa", typed_id("cus", new_id())))
