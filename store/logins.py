"""How collaborators get in: an invitation's token once, then a password. Operational state.

Rows change in the transaction of the append that they belong to. A login names no account, so it
is looked up across them, in `store.operations`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from store import operations, passwords, secret_texts

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from store.connections import Connection, Connections

INVITATION = "join"
VALID_FOR = timedelta(days=7)
MOST_ACCOUNTS = 10
"""Of one e-mail address that a password is tried on, where none is named: each costs a hash."""

_KEEP = """
    INSERT INTO collaborator_logins AS l (account_id, id, email, role)
    VALUES (%s, %s, %s, %s)
        ON CONFLICT (account_id, id) DO UPDATE SET email = excluded.email, role = excluded.role"""
_INVITE = """
    UPDATE collaborator_logins SET invitation_hash = %s, invitation_until = %s
     WHERE account_id = %s AND id = %s"""
_INVITED = """
    SELECT l.id, l.role, l.email, h.livemode, l.password_hash IS NOT NULL,
           l.invitation_until <= clock_timestamp()
      FROM collaborator_logins l
      JOIN heads h ON h.account_id = l.account_id
     WHERE l.account_id = %s AND l.invitation_hash = %s"""
_SET = """
    UPDATE collaborator_logins SET password_hash = %s WHERE account_id = %s AND id = %s"""
_USED = """
    UPDATE collaborator_logins SET last_login_at = clock_timestamp()
     WHERE account_id = %s AND id = %s"""
_FORGET = "DELETE FROM collaborator_logins WHERE account_id = %s AND id = %s"


class Invited(NamedTuple):
    """Whom an invitation's token names."""

    account_id: UUID
    id: str
    role: str
    email: str
    livemode: bool
    used: bool
    expired: bool


class Login(NamedTuple):
    """Somebody whose password was right."""

    account_id: UUID
    id: str
    role: str
    livemode: bool


def keep(
    connection: Connection, account_id: UUID, collaborator_id: str, email: str, role: str
) -> None:
    """The collaborator as they are now; what they get in by stays."""
    connection.execute(_KEEP, (account_id, collaborator_id, folded(email), role))


def invite(connection: Connection, account_id: UUID, collaborator_id: str, until: datetime) -> str:
    """A new token; the one before is worth nothing from now on."""
    token = secret_texts.make(INVITATION, account_id)
    hashed = secret_texts.hash_of(token)
    connection.execute(_INVITE, (hashed, until, account_id, collaborator_id))
    return token


def invited(connection: Connection, token: str) -> Invited | None:
    """Whom the token names, if it is one that was not replaced."""
    said = secret_texts.read(token)
    if said is None or said.kind != INVITATION:
        return None
    row = connection.execute(_INVITED, (said.account_id, said.hash)).fetchone()
    return Invited(said.account_id, *row) if row else None


def set_password(
    connection: Connection, account_id: UUID, collaborator_id: str, password_hash: str
) -> None:
    connection.execute(_SET, (password_hash, account_id, collaborator_id))


def forget(connection: Connection, account_id: UUID, collaborator_id: str) -> None:
    connection.execute(_FORGET, (account_id, collaborator_id))


def verify_login(
    connections: Connections, email: str, password: str, account_id: UUID | None = None
) -> list[Login]:
    """The accounts in which this e-mail has this password, or the one; none takes as long as one.

    No connection is held while passwords are checked.
    """
    with connections.connection() as connection:
        found = operations.logins_of(connection, folded(email), account_id, MOST_ACCOUNTS)
    if not found:
        passwords.verify(None, password)
    right = [(login, kept) for *login, kept in found if passwords.verify(kept, password)]
    for (of, collaborator_id, *_), kept in right:
        _note(connections, of, collaborator_id, kept, password)
    return [Login(*login) for login, _ in right]


def _note(
    connections: Connections, account_id: UUID, collaborator_id: str, kept: str, password: str
) -> None:
    """When they last came; and a better hash, now that the password is known."""
    better = passwords.hash_password(password) if passwords.outdated(kept) else None
    with connections.connection() as connection:
        connection.execute(_USED, (account_id, collaborator_id))
        if better is not None:
            set_password(connection, account_id, collaborator_id, better)


def folded(email: str) -> str:
    return email.casefold()
