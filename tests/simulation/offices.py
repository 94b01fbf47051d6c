"""The people and keys of an account, and the files it orders: they come, change and go."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from domain.accounts.api_key import ApiKey
from domain.accounts.collaborator import Collaborator
from domain.commands import api_keys, collaborators, exporting
from domain.commands.act import Act
from domain.exporting.export import Export, Status
from domain.shared.recording import Context
from store import api_keys as secrets
from store import logins
from store.factory import PostgresStore
from store.transactions import transaction
from tests.simulation.gateway import Crash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from domain.application import Books
    from store.connections import Connection
    from tests.simulation.world import World

_ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))
_ROLES = ("owner", "owner", "administrator", "finance", "support", "sales", "auditor")
_SCOPES = ("customers:read",)


class Offices:
    """What one account has of them, by typed id, and how they were left.

    What lets somebody in is written with the event that tells of it, or neither is.
    """

    def __init__(self) -> None:
        self.people: list[str] = []
        self.keys: list[str] = []
        self.exports: list[str] = []
        self.revoked: set[str] = set()
        self.ended: dict[str, Status] = {}
        self.owned = False

    def acts(self, world: World) -> list[tuple[Callable[[], None], int]]:
        """Each with how likely it is."""
        acts = [(self.hire, 1), (self.issue_key, 1), (self.order_file, 1)]
        acts += [(self.staff, 2)] * bool(self.people) + [(self.revoke_key, 1)] * bool(self.keys)
        acts += [(self.make_file, 2)] * bool(self.exports)
        return [(_of(act, world), weight) for act, weight in acts]

    def hire(self, books: Books, random: Random) -> None:
        email = f"{random.choice('AaBbCc')}{random.randrange(9)}@example.org"
        new = collaborators.NewCollaborator(email=email, role=random.choice(_ROLES))
        until = books.now() + timedelta(days=7)
        with _both(books, random) as (within, held):
            ref = collaborators.invite(within, new, until, _ACT).ref
            logins.keep(held, books.account_id, ref, email, new.role)
        self.people.append(ref)

    def staff(self, books: Books, random: Random) -> None:
        ref, account_id = random.choice(self.people), books.account_id
        person, role = books.load(Collaborator, ref), random.choice(_ROLES)
        with _both(books, random) as (within, held):
            match random.randrange(4):
                case 0:
                    collaborators.update(within, ref, {"role": role}, _ACT)
                    logins.keep(held, account_id, ref, person.email, role)
                case 1:
                    collaborators.remove(within, ref, _ACT)
                    logins.forget(held, account_id, ref)
                case _:
                    collaborators.accept(within, ref, _ACT)
                    logins.set_password(held, account_id, ref, "hashed")
        self.owned |= self._owners(books) > 0

    def issue_key(self, books: Books, random: Random) -> None:
        made, role = books.new_id(), random.choice(_ROLES)
        new = api_keys.NewApiKey(role=role, scopes=_SCOPES)
        with _both(books, random) as (within, held):
            ref = api_keys.create_api_key(within, new, made, _ACT).ref
            secrets.create(held, books.account_id, made, livemode=False, role=role, scopes=_SCOPES)
        self.keys.append(ref)

    def revoke_key(self, books: Books, random: Random) -> None:
        ref = random.choice(self.keys)
        with _both(books, random) as (within, held):
            api_keys.revoke_api_key(within, ref, _ACT)
            secrets.revoke(held, books.account_id, ref)
        self.revoked.add(ref)

    def order_file(self, books: Books, random: Random) -> None:
        name, filters = random.choice([("customers", {"q": "a"}), ("journal", {})])
        form = random.choice(["csv", "xlsx"])
        self.exports.append(exporting.order_export(books, name, form, filters, _ACT).ref)

    def make_file(self, books: Books, random: Random) -> None:
        """Cut off midway it is begun again; what has ended is refused."""
        ref, at = random.choice(self.exports), books.head().position
        exporting.start_export(books, ref, _ACT)
        if random.random() < 0.6:
            until = books.now() + timedelta(days=1)
            exporting.complete_export(books, ref, _ACT, position=at, size_bytes=7, expires_at=until)
            self.ended[ref] = Status.SUCCEEDED
        elif random.random() < 0.5:
            exporting.fail_export(books, ref, _ACT, "too_many_rows", "more than a sheet holds")
            self.ended[ref] = Status.FAILED

    def _owners(self, books: Books) -> int:
        people = books.load_many(Collaborator, self.people).values()
        return sum(each.is_acting_owner for each in people)

    def breaches(self, books: Books) -> Iterator[str]:
        """An account that had an owner has one, a key stays revoked, a file stays as it ended."""
        if self.owned and not self._owners(books):
            yield "nobody owns the account any more"
        for key in books.load_many(ApiKey, self.keys).values():
            if key.revoked != (key.ref in self.revoked):
                yield f"{key.ref} is in force again"
        for export in books.load_many(Export, self.exports).values():
            if export.ref in self.ended and export.status is not self.ended[export.ref]:
                yield f"{export.ref} has ended and goes on"


@contextmanager
def _both(books: Books, random: Random) -> Iterator[tuple[Books, Connection]]:
    """The books and the connection of one transaction; now and then it is cut off at its end."""
    store = books.factory
    assert isinstance(store, PostgresStore)
    with transaction(store.connections) as within:
        yield books.through(store.within(within)), within.held
        if random.random() < 0.1:
            raise Crash


def _of(act: Callable[[Books, Random], None], world: World) -> Callable[[], None]:
    def run() -> None:
        act(world.desk.books, world.random)

    run.__name__ = act.__name__
    return run
