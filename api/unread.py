"""Takes in what of a body nobody read, so that its sender hears the answer.

A connection closed on octets that wait is reset, and a reset takes the answer with it.
"""

from __future__ import annotations

from typing import Any

from api.body import stream_of

MOST = 32 * 1024 * 1024
"""Octets. Of a longer body the sender may see no more than that the connection has ended."""

_PIECE = 64 * 1024


class Unread:
    """The last thing before an answer is sent."""

    def process_response(
        self,
        request: Any,
        _response: Any,
        _resource: Any,
        _succeeded: bool,  # noqa: FBT001
    ) -> None:
        if (request.content_length or 0) > MOST:
            return
        stream, left = stream_of(request), MOST
        try:
            while left > 0 and (piece := stream.read(min(left, _PIECE))):
                left -= len(piece)
        except OSError:
            pass  # whoever sent it has gone
