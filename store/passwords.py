"""Passwords as they are kept: Argon2id, with what it costs to guess one; checked at one pace."""

from __future__ import annotations

import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""19 MiB and two passes: OWASP's first choice, about 25 ms of one core."""

_AT_ONCE = BoundedSemaphore(4)
"""Of one process: whoever sends logins by the thousand gets neither all memory nor all cores."""

NOBODYS = _HASHER.hash("the password of nobody")
"""Checked where there is nobody of that name, so that the answer takes as long."""


def hash_password(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(_composed(password))


def verify(kept: str | None, password: str) -> bool:
    """Takes the same time for nobody's password as for somebody's."""
    try:
        with _AT_ONCE:
            _HASHER.verify(kept or NOBODYS, _composed(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether it was made with less than what is asked today."""
    return _HASHER.check_needs_rehash(kept)


def _composed(password: str) -> str:
    """The same text from any keyboard. Source: NIST SP 800-63B, 5.1.1.2."""
    return unicodedata.normalize("NFKC", password)
