"""One real example of every event by which somebody is erased."""

from __future__ import annotations

from typing import Any

from domain.customers.address import Address
from domain.customers.customer import Customer
from domain.subscriptions.gift import Gift
from domain.subscriptions.member import Member
from tests.golden.scenario import (
    CUSTOMER,
    METADATA,
    START,
    SUBSCRIPTION,
    _subscription,
    begin,
)


def made() -> list[Any]:
    customer = begin(Customer, 560, email="ada@example.org", metadata=METADATA)
    customer.erase(START, invoices=False)
    customer.erase(START, invoices=True)
    address = begin(
        Address, 561, customer_id=CUSTOMER, type="billing", line1="12 St James's Square",
        country="GB",
    )  # fmt: skip
    address.erase()
    member = begin(
        Member, 562, subscription_id=SUBSCRIPTION, email="byron@example.org", invited_at=START
    )
    member.remove(START)
    member.erase()
    gift = _subscription(563, gift=Gift("byron@example.org"), gift_code="7Q2XH-9MT4C")
    gift.erase_gift()
    return [customer, address, member, gift]
