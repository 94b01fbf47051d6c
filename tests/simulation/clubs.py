"""Members come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands import memberships
from domain.commands.act import Act
from domain.shared.recording import Context
from domain.subscriptions.member import Member, Status
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from domain.application import Books
    from scheduler.due import Desk

_ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))


class Clubs:
    """The members of one account's memberships, by typed id."""

    def __init__(self) -> None:
        self.members: list[tuple[str, str]] = []

    def invite(self, desk: Desk, random: Random, subscriptions: Sequence[str]) -> None:
        """Rather to one of the latest memberships."""
        latest = subscriptions[-20:]
        known = desk.books.load_many(Subscription, latest).values()
        clubs = [each.ref for each in known if each.phase.terms.type == memberships.MEMBERSHIP]
        subscription = random.choice(clubs or latest)
        people = [
            memberships.NewMember(email=f"reader{random.randrange(10**6)}@example.com")
            for _ in range(random.choice([1, 1, 2, 5]))
        ]
        invited = memberships.invite_members(desk.books, subscription, people, _ACT, listed=True)
        self.members += [(subscription, ref) for ref in invited.refs]

    def answer(self, desk: Desk, random: Random) -> None:
        subscription, member = random.choice(self.members[-12:])
        if random.random() < 0.7:
            memberships.accept_member(desk.books, subscription, member, _ACT)
        else:
            memberships.remove_member(desk.books, subscription, member, _ACT)

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
