"""Signatures over `<time>.<body>` in a header `t=…,v1=…`, held to the rules of Stripe's own code.

Source: https://docs.stripe.com/webhooks/signature; the check is that of the official library.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stripe import SignatureVerificationError, WebhookSignature

from domain.payments.gateway import Forged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.payments.gateway import Message

TOLERANCE_SECONDS = 300
"""For how long what was signed is taken: an old message is somebody's copy. One of a time to come
would be taken for longer; the library takes it."""


def require_signed(message: Message, header: str, secrets: Iterable[str]) -> None:
    """By one of the secrets: there are two while one replaces the other. Raises Forged."""
    signature = message.headers.get(header, "")
    try:
        body = message.body.decode()
    except UnicodeDecodeError:
        raise Forged(detail="the body is not text") from None
    for secret in secrets:
        try:
            WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
        except SignatureVerificationError:
            continue
        if _signed_at(signature) <= time.time() + TOLERANCE_SECONDS:
            return
    raise Forged(detail=f"the header {header} does not fit the body, or its time is not now")


def _signed_at(signature: str) -> int:
    """Of a header that fits its body."""
    fields = (field.partition("=") for field in signature.split(","))
    return next(int(value) for name, _, value in fields if name == "t")
