"""Which passwords will do: long enough, not among the first that are tried, not the own e-mail.

Source: NIST SP 800-63B, 5.1.1.2: length rather than kinds of characters.
"""

from __future__ import annotations

from domain.shared.errors import Invalid

SHORTEST, LONGEST = 8, 128
_FIRST_TRIED = frozenset({
    "password", "password1", "passw0rd", "12345678", "123456789", "1234567890", "11111111",
    "00000000", "87654321", "qwertyui", "qwertyuiop", "qwerty123", "1q2w3e4r", "1qaz2wsx",
    "abcd1234", "asdfghjk", "iloveyou", "sunshine", "princess", "football", "baseball", "superman",
    "trustno1", "letmein1", "welcome1", "changeme", "subledger",
})  # fmt: skip


def require_acceptable(password: str, email: str) -> None:
    """Raises Invalid on `password`."""
    if not SHORTEST <= len(password) <= LONGEST:
        code = "too_short" if len(password) < SHORTEST else "too_long"
        raise Invalid.one("password", code, f"has {SHORTEST} to {LONGEST} characters")
    folded = password.casefold()
    guessable = folded in _FIRST_TRIED or len(set(folded)) == 1
    if guessable or folded in {email.casefold(), email.casefold().partition("@")[0]}:
        raise Invalid.one("password", "too_common", "is among the first that would be tried")
