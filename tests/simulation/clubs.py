"""Members come and go, and memberships that expired are restarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands import memberships, restarting
from domain.commands.act import Act
from domain.commands.sales import NewSubscription
from domain.shared.recording import Context
from domain.subscriptions.member import Member, Status
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from domain.application import Books
    from scheduler.due import Desk

_ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))


class Clubs:
    """The members of one account's memberships, by typed id."""

    def __init__(self) -> None:
        self.members: list[tuple[str, str]] = []

    def invite(self, desk: Desk, random: Random, subscription: str) -> None:
        people = [
            memberships.NewMember(email=f"reader{random.randrange(10**6)}@example.com")
            for _ in range(random.choice([1, 1, 2, 5]))
        ]
        invited = memberships.invite_members(desk.books, subscription, people, _ACT, listed=True)
        self.members += [(subscription, ref) for ref in invited.refs]

    def answer(self, desk: Desk, random: Random) -> None:
        subscription, member = random.choice(self.members)
        if random.random() < 0.7:
            memberships.accept_member(desk.books, subscription, member, _ACT)
        else:
            memberships.remove_member(desk.books, subscription, member, _ACT)

    def restart(self, desk: Desk, random: Random, subscription: str, plans: list[str]) -> None:
        new = NewSubscription(
            plan_id=random.choice([None, *plans]),
            collection_method=random.choice(["charge_automatically", "send_invoice"]),
        )
        restarting.restart_subscription(
            desk.books, desk.gateways, desk.account, subscription, new, _ACT
        )

    def breaches(self, books: Books) -> Iterator[str]:
        """The seats counted are those that members hold, and no more than there are."""
        for subscription in {each for each, _ in self.members}:
            of = [member for each, member in self.members if each == subscription]
            held = [member.status for member in books.load_many(Member, of).values()]
            owned = books.load(Subscription, subscription)
            seats = memberships.seats_of(books, owned)
            counted = (held.count(Status.ACTIVE), held.count(Status.PENDING))
            if (seats.active, seats.pending) != counted:
                yield f"{subscription} counts {seats.active, seats.pending}, has {counted}"
