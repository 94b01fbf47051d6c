"""Collaborators: people with a role and, once they have accepted, a password of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import rules
from api.core.api_keys import Role
from api.errors import Refused
from api.fields import Body, Email, Name, Password, Required, absent
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, of
from domain.accounts.collaborator import Collaborator
from domain.accounts.passwords import require_acceptable
from domain.commands import collaborators as commands
from domain.shared.errors import Conflict, FieldError, Invalid
from projections.collaborators import COLLABORATORS
from store import logins, operations, passwords
from store.api_keys import Caller

if TYPE_CHECKING:
    from datetime import datetime

    from api.call import Call
    from api.services import Services


class CollaboratorCreation(Body):
    email: Email
    role: Role
    name: Name | None = None


class CollaboratorChange(Body):
    email: Email = absent()
    role: Role = absent()
    name: Name | None = None


class Acceptance(Body):
    token: Required
    password: Password


def invite(call: Call, body: CollaboratorCreation) -> Written:
    _require_within(call.caller, body.role, "role")
    new = commands.NewCollaborator(**body.sent())
    until = _until(call)
    with call.transaction() as connection:
        written = of(commands.invite(call.books, new, until, call.act))
        logins.keep(connection, call.account_id, written.ref, body.email, body.role)
        token = logins.invite(connection, call.account_id, written.ref, until)
    return written.telling({"token": token})


def invite_again(call: Call, _: Body) -> Written:
    _require_reach(call)
    until = _until(call)
    with call.transaction() as connection:
        written = of(commands.invite_again(call.books, call.ref, until, call.act))
        token = logins.invite(connection, call.account_id, call.ref, until)
    return written.telling({"token": token})


def update(call: Call, body: CollaboratorChange) -> Written:
    collaborator = _require_reach(call)
    if "role" in body.model_fields_set:
        _require_within(call.caller, body.role, "role")
    now = {"email": collaborator.email, "role": collaborator.role, **body.sent()}
    with call.transaction() as connection:
        written = of(commands.update(call.books, call.ref, body.sent(), call.act))
        logins.keep(connection, call.account_id, call.ref, now["email"], now["role"])
    return written


def remove(call: Call, _: Body) -> Written:
    _require_reach(call)
    with call.transaction() as connection:
        written = of(commands.remove(call.books, call.ref, call.act))
        logins.forget(connection, call.account_id, call.ref)
    return written


def invited(services: Services, body: Acceptance) -> Caller:
    """Whoever holds the token acts as the collaborator it names. Raises Invalid."""
    named = _named(services, body.token)
    return Caller(named.account_id, named.id, named.livemode, named.role, (rules.EVERYTHING,))


def _named(services: Services, token: str) -> logins.Invited:
    with services.connections.connection() as connection:
        named = logins.invited(connection, token)
    if named is None:
        raise Invalid.one("token", "invalid_token", "is unknown, replaced or withdrawn")
    return named


def accept(call: Call, body: Acceptance) -> Written:
    """The password is hashed before anything is held; of two who come at once one is refused."""
    named = _named(call.services, body.token)
    if named.used:
        raise Conflict("invitation_used", "the invitation was accepted before")
    if named.expired:
        raise Invalid.one("token", "token_expired", "has expired: ask for another invitation")
    require_acceptable(body.password, named.email)
    hashed = passwords.hash_password(body.password)
    with call.transaction() as connection:
        written = of(commands.accept(call.books, call.caller.id, call.act))
        logins.set_password(connection, call.account_id, call.caller.id, hashed)
    return written


def _until(call: Call) -> datetime:
    """In the world's time: a test clock lets nobody in."""
    with call.services.connections.connection() as connection:
        return operations.now(connection) + logins.VALID_FOR


def _require_reach(call: Call) -> Collaborator:
    """Nobody touches who stands above them. Raises NotFound, Refused 403."""
    collaborator = call.books.load(Collaborator, call.ref)
    _require_within(call.caller, collaborator.role, "id")
    return collaborator


def _require_within(caller: Caller, role: str, field: str) -> None:
    held = (each for each in rules.permissions_of(caller.role))
    reached = {each for each in held if rules.in_scope(caller.scopes, each)}
    if not set(rules.permissions_of(role)) <= reached:
        wrong = FieldError(field, "above_own", f"the role {role} reaches further than the caller's")
        raise Refused(403, "forbidden", "nobody gives or takes more than they have", [wrong])


ROUTES: tuple[Route, ...] = reads(
    COLLABORATORS,
    write(
        COLLABORATORS,
        "POST",
        "",
        invite,
        "Invite a collaborator; the token is in this answer only",
        CollaboratorCreation,
        status=201,
    ),
    write(
        COLLABORATORS,
        "POST",
        "/accept",
        accept,
        "Accept an invitation with a password",
        Acceptance,
        rule=rules.PUBLIC,
        bearer=invited,
    ),
    write(
        COLLABORATORS, "PATCH", "/{id}", update, "Change a collaborator's role or name",
        CollaboratorChange,
    ),
    write(COLLABORATORS, "DELETE", "/{id}", remove, "Remove a collaborator", deletes=True),
    write(COLLABORATORS, "POST", "/{id}/invite", invite_again, "Invite once more, by a new token"),
)  # fmt: skip
