"""The operator's file: which account has which gateways, and that mistakes stay one account's."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from gateways.accounts import AccountGateways

ONE: Any = SimpleNamespace(ref="acct_1", id=UUID(int=1), livemode=False)
TWO: Any = SimpleNamespace(ref="acct_2", id=UUID(int=2), livemode=False)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "gateways.toml"


def written(file, text, at=None):
    file.write_text(text)
    if at is not None:
        os.utime(file, (at, at))


def of(file):
    return AccountGateways(lambda _: "whsec_x", file)


def test_without_a_file_everybody_has_the_sandbox():
    assert set(of(None).of(ONE)) == {"sandbox"}


def test_each_account_has_its_own_and_is_named_by_them(file, monkeypatch):
    monkeypatch.setenv("KEY_OF_TWO", "sk_test_two")
    written(
        file,
        """
        [acct_1.stripe]
        secret_key = "sk_test_one"
        webhook_secrets = ["whsec_1"]
        [acct_2.stripe]
        secret_key = "env:KEY_OF_TWO"
        [acct_2.vantiv]
        url = "https://payments.vantivprelive.com/vap/communicator/online"
        user = "u"
        password = "p"
        merchant_id = "1"
    """,
    )
    gateways = of(file)
    assert set(gateways.of(ONE)) == {"sandbox", "stripe"}
    assert set(gateways.of(TWO)) == {"sandbox", "stripe", "vantiv"}
    assert gateways.of(ONE)["stripe"] is gateways.of(ONE)["stripe"]
    assert gateways.accounts_with("stripe") == ["acct_1", "acct_2"]
    assert gateways.accounts_with("vantiv") == ["acct_2"]


@pytest.mark.parametrize(
    "settings",
    [
        'secret_key = "sk_live_x"',
        'secret_key = "env:NO_SUCH_VARIABLE"',
        'secret = "sk_test_x"',
        'secret_key = "sk_test_x"\nunknown = 1',
        "",
    ],
)
def test_a_mistake_costs_its_own_gateway_only_and_shows_no_secret(file, caplog, settings):
    written(file, f'[acct_1.stripe]\n{settings}\n[acct_2.stripe]\nsecret_key = "sk_test_y"')
    gateways = of(file)
    assert set(gateways.of(ONE)) == {"sandbox"}
    assert set(gateways.of(TWO)) == {"sandbox", "stripe"}
    assert "acct_1" in caplog.text
    assert "sk_" not in caplog.text


def test_a_changed_file_counts_at_once_and_an_unreadable_one_not_at_all(file, caplog):
    written(file, '[acct_1.stripe]\nsecret_key = "sk_test_x"', at=1)
    gateways = of(file)
    before = gateways.of(ONE)["stripe"]
    written(file, '[acct_2.stripe]\nsecret_key = "sk_test_x"', at=2)
    assert set(gateways.of(ONE)) == {"sandbox"}
    assert set(gateways.of(TWO)) == {"sandbox", "stripe"}
    written(file, "[acct_1", at=3)
    assert set(gateways.of(TWO)) == {"sandbox", "stripe"}
    assert "cannot be read" in caplog.text
    assert before.name == "stripe"


def test_nobody_sends_long_after_the_intent(monkeypatch):
    from datetime import UTC, datetime, timedelta

    from domain.payments.gateway import Approved, Charge, Unanswered
    from gateways.punctual import Punctual
    from gateways.sandbox import Sandbox

    sandbox = Sandbox()
    late = Charge(
        "pay_1", 1, "USD", "tok_visa", intended_at=datetime.now(UTC) - timedelta(seconds=2)
    )
    assert Punctual(sandbox, livemode=True).charge(late) == Unanswered()
    assert isinstance(Punctual(sandbox, livemode=False).charge(late), Approved)
    resumed = Charge("pay_1", 1, "USD", "tok_visa")
    assert isinstance(Punctual(sandbox, livemode=True).charge(resumed), Approved)


@pytest.mark.parametrize(("sandbox_live", "names"), [(False, set()), (True, {"sandbox"})])
def test_a_live_account_has_no_sandbox_unless_the_operator_says_so(sandbox_live, names):
    live: Any = SimpleNamespace(ref="acct_3", id=UUID(int=3), livemode=True)
    gateways = AccountGateways(lambda _: "whsec", sandbox_live=sandbox_live)
    assert set(gateways.of(live)) == names
    assert set(gateways.of(ONE)) == {"sandbox"}
