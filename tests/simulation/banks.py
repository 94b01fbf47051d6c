"""What banks do by themselves: charges are confirmed, money is taken back, people look it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands.act import Act
from domain.commands.heeding import heed
from domain.commands.resuming import resolve_payment
from domain.payments.gateway import Approved, Declined, DisputeNotice, PaymentNotice
from domain.payments.payment import Payment, Status
from domain.payments.refund import Refund
from domain.shared.recording import Context
from tests.simulation.gateway import UnreliableGateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from domain.application import Books
    from tests.simulation.world import World

_ACT = Act(Context(actor="gateway:sandbox", channel="api", reason="simulated"))
TOKENS = (
    *("tok_visa",) * 6, "tok_chargeDeclined", "tok_timeout", "tok_threeDSecure", "tok_lost",
    "tok_expiredCard", "tok_refundTimeout", "tok_refundFails",
)  # fmt: skip


def acts(world: World) -> list[tuple[Callable[[], None], int]]:
    """Each with how likely it is."""
    gateway = world.desk.gateways["sandbox"]
    if not isinstance(gateway, UnreliableGateway):
        return []
    found: list[tuple[Callable[[], None], int]] = []

    def dispute() -> None:
        _dispute(world, gateway, world.random)

    def confirm() -> None:
        _confirm(world, gateway, world.random)

    def resolve() -> None:
        _resolve(world, gateway, world.random)

    if gateway.charged:
        found.append((dispute, 4))
    if gateway.asked:
        found += [(confirm, 4), (resolve, 4)]
    return found


def _dispute(world: World, gateway: UnreliableGateway, random: Random) -> None:
    """The same few disputes again and again, in no order."""
    ref = random.choice(list(gateway.charged))
    status = random.choice(["opened", "opened", "won", "lost"])
    part = random.choice([None, 1, 500, 10**6])
    notice = DisputeNotice(f"d{random.randrange(2)}-{ref}", ref, status, part)
    heed(world.desk.books, world.desk.gateways, world.desk.account, "sandbox", notice, _ACT)


def _confirm(world: World, gateway: UnreliableGateway, random: Random) -> None:
    ref = random.choice(list(gateway.asked))
    if gateway.asked[ref].method_reference != "tok_threeDSecure":
        return
    if world.desk.books.load(Payment, ref).status is not Status.REQUIRES_ACTION:
        return
    outcome: Approved | Declined = Declined("card_declined", "Not confirmed.")
    if random.random() < 0.7:
        gateway.charged[ref] = gateway.asked[ref].amount
        outcome = Approved(f"sandbox_{ref}")
    notice = PaymentNotice(ref, outcome)
    for _ in range(random.choice([1, 1, 2])):
        heed(world.desk.books, world.desk.gateways, world.desk.account, "sandbox", notice, _ACT)


def _resolve(world: World, gateway: UnreliableGateway, random: Random) -> None:
    lost = [ref for ref, each in gateway.asked.items() if each.method_reference == "tok_lost"]
    books, account = world.desk.books, world.desk.account
    unknown = [ref for ref in lost if books.load(Payment, ref).status is Status.UNKNOWN]
    if unknown:
        outcome = random.choice(["succeeded", "failed"])
        resolve_payment(books, account, random.choice(unknown), outcome, "the bank says", _ACT)


def breaches(books: Books, gateway: UnreliableGateway) -> Iterator[str]:
    """What the gateway took and gave back is what the books say of it, one by one."""
    for ref, amount in gateway.charged.items():
        payment = books.load(Payment, ref)
        known = {Status.SUCCEEDED, Status.STARTED}
        if payment.status not in known or payment.amount != amount:
            yield f"the gateway took {amount} for {ref}: {payment.status}"
    for ref, amount in gateway.repaid.items():
        refund = books.load(Refund, ref)
        if refund.status not in {"succeeded", "pending"} or refund.amount != amount:
            yield f"the gateway gave {amount} back for {ref}: {refund.status}"
