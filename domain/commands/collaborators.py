"""Collaborators: invited, accepted, changed, removed; an account keeps an owner who can log in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.accounts.collaborator import Collaborator
from domain.commands.act import Done
from domain.commands.claims import email_claim
from domain.shared.errors import Conflict
from domain.shared.groups import Group
from domain.shared.recording import Claim, Conditions, Guard

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from domain.application import Books
    from domain.commands.act import Act

_OWNERS = "collaborator.owner"
"""The kind of claim that each owner who can log in holds, on the own id."""

_MOST_OWNERS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCollaborator:
    email: str
    role: str
    name: str | None = None


def first_owner(books: Books, new: NewCollaborator) -> Group:
    """Who opens an account: there at once, without an invitation."""
    owner = _begun(books, new)
    owner.accept()
    claims = [_email(books, new.email, owner.id), _as_owner(owner)]
    return Group([owner], Conditions(claims=claims))


def invite(books: Books, new: NewCollaborator, until: datetime, act: Act) -> Done:
    """Raises ClaimTaken when the e-mail is another collaborator's."""
    collaborator = _begun(books, new)
    collaborator.invite(until)
    given = act.given(collaborator.ref, claims=[_email(books, new.email, collaborator.id)])
    return Done(collaborator.ref, books.record(collaborator, by=act.by, given=given))


def _begun(books: Books, new: NewCollaborator) -> Collaborator:
    return Collaborator.begin(
        Collaborator.Created, id=books.new_id(), email=new.email, role=new.role, name=new.name
    )


def invite_again(books: Books, ref: str, until: datetime, act: Act) -> Done:
    """Raises Conflict `invitation_used` for one who came."""
    collaborator = books.load(Collaborator, ref)
    collaborator.invite(until)
    return _recorded(books, collaborator, act)


def accept(books: Books, ref: str, act: Act) -> Done:
    """Raises Conflict `invitation_used`, NotFound for one who was removed meanwhile."""
    collaborator = books.load(Collaborator, ref)
    collaborator.accept()
    return _recorded(books, collaborator, act, **_moved(books, collaborator, was_owner=False))


def update(books: Books, ref: str, changes: dict[str, Any], act: Act) -> Done:
    """`changes` of name, email and role. Raises ClaimTaken, Conflict `last_owner`."""
    collaborator = books.load(Collaborator, ref)
    was_owner, before = collaborator.is_acting_owner, collaborator.email
    collaborator.update(changes)
    moved = _moved(books, collaborator, was_owner=was_owner)
    if "email" in changes and changes["email"] != before:
        moved["claims"].append(_email(books, changes["email"], collaborator.id))
        moved["releases"].append(_email(books, before, collaborator.id))
    return _recorded(books, collaborator, act, **moved)


def remove(books: Books, ref: str, act: Act) -> Done:
    """Raises Conflict `last_owner`. The e-mail is free again."""
    collaborator = books.load(Collaborator, ref)
    was_owner = collaborator.is_acting_owner
    collaborator.remove()
    moved = _moved(books, collaborator, was_owner=was_owner)
    moved["releases"].append(_email(books, collaborator.email, collaborator.id))
    return _recorded(books, collaborator, act, **moved)


def _recorded(books: Books, collaborator: Collaborator, act: Act, **moved: Any) -> Done:
    given = act.given(collaborator.ref, **moved)
    return Done(collaborator.ref, books.record(collaborator, by=act.by, given=given))


def _moved(books: Books, collaborator: Collaborator, *, was_owner: bool) -> dict[str, list[Any]]:
    """The conditions under which somebody becomes an owner, or ceases to be one."""
    moved: dict[str, list[Any]] = {"claims": [], "releases": [], "guards": []}
    if collaborator.is_acting_owner and not was_owner:
        moved["claims"].append(_as_owner(collaborator))
    if was_owner and not collaborator.is_acting_owner:
        moved["releases"].append(_as_owner(collaborator))
        moved["guards"].append(_another_owner(books, collaborator.id))
    return moved


def _another_owner(books: Books, leaving: UUID) -> Guard:
    """An owner who stays, as long as the append finds them as they were read here.

    So two who remove each other at once cannot both succeed: each rests on the other.
    """
    for other in books.claimants(_OWNERS, _MOST_OWNERS):
        if other != leaving:
            owner = books.load(Collaborator, other)
            if owner.is_acting_owner:
                return Guard(owner.id, owner.version)
    raise Conflict("last_owner", "an account keeps at least one owner who can log in")


def _as_owner(collaborator: Collaborator) -> Claim:
    return Claim(_OWNERS, collaborator.ref, collaborator.id)


def _email(books: Books, email: str, owner: UUID) -> Claim:
    return email_claim(books, email, owner)._replace(kind="collaborator.email")
