"""Sealed personal data: one box an event, opened by a key that can be destroyed.

AES-256-GCM. A box belongs to one event of one account: it opens nowhere else. In the log it is the
first of the event's fields, `"personal": {"key": …, "box": …}`, so that a statement finds the key's
name without reading the JSON (`personal_key_of` in the migrations).
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from os import urandom
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from uuid import UUID

FIELD = "personal"
KEY_OCTETS = 32
_NONCE_OCTETS = 12
BOXED = b'{"personal":{"key":"'
"""How the state of an event with a box begins; then come the key's name, and
nonce and ciphertext in base 64."""
_BETWEEN = b'","box":"'


class Whose(NamedTuple):
    """The event that a box belongs to."""

    account_id: UUID
    originator_id: UUID
    version: int
    topic: str

    @property
    def told(self) -> bytes:
        return b"%b%b%d %b" % (
            self.account_id.bytes, self.originator_id.bytes, self.version, self.topic.encode()
        )  # fmt: skip


def new_key() -> bytes:
    return urandom(KEY_OCTETS)


def with_box(state: bytes, private: bytes, name: str, key: bytes, whose: Whose) -> bytes:
    """The event's JSON with what is private in a box before the rest."""
    nonce = urandom(_NONCE_OCTETS)
    sealed = b2a_base64(nonce + AESGCM(key).encrypt(nonce, private, whose.told), newline=False)
    rest = b"}" if state == b"{}" else b"," + state[1:]
    return b'%b%b%b%b"}%b' % (BOXED, name.encode(), _BETWEEN, sealed, rest)


def unboxed(state: bytes) -> tuple[bytes, bytes]:
    """The box, and the rest of the event's JSON."""
    begins = state.index(_BETWEEN, len(BOXED)) + len(_BETWEEN)
    ends = state.index(b'"', begins)
    rest = state[ends + 2 :]
    return state[begins:ends], b"{" + rest.removeprefix(b",")


def opened(box: bytes, key: bytes, whose: Whose) -> bytes:
    """Raises InvalidTag for a box that is not this event's, or not as it was sealed."""
    sealed = a2b_base64(box)
    return AESGCM(key).decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], whose.told)
