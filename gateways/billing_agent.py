"""A billing agent of the operator's, asked over HTTP; what it answers is checked by the domain.

Only the configured address is asked: no redirect is followed and no proxy taken from outside, so
what a prompt says can lead nowhere else.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib import error, request

from domain.catalog.billing_agent import AgentUnavailable
from domain.catalog.compiler import UNDERSTOOD
from domain.shared.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.catalog.billing_agent import Prompt

_LARGEST_ANSWER = 64 * 1024
_SCHEMA = {
    "fixed": {"amount": "minor units"},
    "step_up": {"steps": [{"periods": "count", "amount": "minor units"}, {"amount": "then"}]},
    "usage_in_arrears": {"unit_amount": "minor units", "unit": "what is counted"},
}


class _NoRedirects(request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """The answer stays what it is: an error."""


class HttpAgent:
    """POSTs {prompt, currency, interval, interval_count, schema} and reads the policy back."""

    name = "http"

    def __init__(self, url: str, timeout_seconds: float, token: str | None = None) -> None:
        self._url = url
        self._timeout = timeout_seconds
        self._token = token
        self._opener = request.build_opener(request.ProxyHandler({}), _NoRedirects)

    def compile(self, prompt: Prompt) -> Mapping[str, Any]:
        asked = {
            "prompt": prompt.text,
            "currency": prompt.currency,
            "interval": prompt.interval.value,
            "interval_count": prompt.interval_count,
            "schema": _SCHEMA,
            "examples": UNDERSTOOD,
        }
        answer = self._ask(json.dumps(asked).encode())
        try:
            read: Mapping[str, Any] = json.loads(answer, parse_float=str)
        except ValueError:
            raise Invalid.one(
                "billing_prompt", "billing_agent_answer", "the agent's answer is no JSON"
            ) from None
        return read

    def _ask(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        asked = request.Request(self._url, body, headers, method="POST")  # noqa: S310 - checked in settings
        try:
            with self._opener.open(asked, timeout=self._timeout) as answer:
                read: bytes = answer.read(_LARGEST_ANSWER + 1)
        except error.HTTPError as refusal:
            with refusal:
                raise _refused(refusal) from None
        except OSError:
            raise AgentUnavailable(detail="the billing agent does not answer") from None
        if len(read) > _LARGEST_ANSWER:
            raise Invalid.one(
                "billing_prompt", "billing_agent_answer", "the agent's answer is too long"
            )
        return read


def _refused(refusal: error.HTTPError) -> Exception:
    """422 is the agent's way to say that it does not understand."""
    if refusal.code == HTTPStatus.UNPROCESSABLE_ENTITY:
        said = refusal.read(500).decode("utf-8", "replace")
        return Invalid.one("billing_prompt", "prompt_not_understood", f"the agent says: {said}")
    return AgentUnavailable(detail=f"the billing agent answered {refusal.code}")
