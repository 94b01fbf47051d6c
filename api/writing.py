"""A write, from request to answer: once for its key, projected before it is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import random
from time import monotonic, sleep
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from api import references, refunds_told, shown, unknown, versions, views
from api.auth import attempting, caller_of, recalled
from api.body import validated
from api.call import Call
from api.errors import Refused
from api.gift_codes import reveal
from api.idempotency import earlier, key_of
from api.named import Sent
from api.query import allow, query_of
from api.reasons import reason_of
from api.route import Key, Write
from api.schemas import UNFINISHED
from api.telling import tell
from domain.commands.charging import told
from domain.payments.gateway import ActionRequired
from domain.shared.errors import ConcurrentChange, DomainError, FieldError, Invalid
from store.api_keys import Changed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.door import Door
    from api.services import Services
    from api.views import Shown
    from domain.commands.act import Done
    from domain.payments.gateway import Outcome
    from domain.shared.recording import IdempotencyKey, Recorded
    from store.api_keys import Caller

PATIENCE_SECONDS = 5.0
"""For how long a command is asked again when somebody else was faster."""

RESTING = 16
"""Requests of a route that begin to be shown after their appends, since one appended again."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_UNFINISHED = dict(zip(("unanswered", "requires_action"), UNFINISHED, strict=True))
"""What a gateway answered to the status that the resource is told with."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a handler did. `told` goes into the answer that the key keeps, beside the id; with
    `ids` in it the answer is the list of those.
    """

    ref: str
    recorded: Recorded | None
    told: Mapping[str, Any] = field(default_factory=dict)

    def telling(self, once: Mapping[str, Any]) -> Written:
        """With secrets, for the first answer only: no replay has them, no store keeps them."""
        return replace(self, told={**self.told, "shown": dict(once)})


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to tell, and the position as of which it is told."""

    answer: Mapping[str, Any]
    position: int
    replayed: bool = False


def of(done: Done) -> Written:
    return Written(done.ref, done.recorded)


def paid(result: tuple[Done, Outcome | None]) -> Written:
    """Of a command that asked a gateway."""
    done, outcome = result
    written = Written(done.ref, done.recorded, {} if outcome is None else told(outcome))
    if done.others:
        written = replace(written, told={**written.told, "refunds": [done.ref, *done.others]})
    if not isinstance(outcome, ActionRequired):
        return written
    return written.telling({"next_action": action_of(outcome)})


def action_of(asked: ActionRequired) -> dict[str, str | None]:
    return {"client_secret": asked.client_secret, "redirect_url": asked.redirect_url}


class Writing:
    """The responder of a write route."""

    def __init__(self, route: Write, services: Services) -> None:
        self._route = route
        self._services = services
        self._goes_on = not (route.deletes or isinstance(route.kind, views.Loaded))
        self._rests = 0

    def __call__(self, request: Any, response: Any, **path: str) -> None:
        sent = Sent(request, path, self._route.kin)
        with self._services.connections.keeping():
            if not (self._route.alone and self._as_recalled(request, response, path, sent)):
                self._write(request, response, path, sent)

    def _as_recalled(
        self, request: Any, response: Any, path: Mapping[str, str], sent: Sent
    ) -> bool:
        """Answers a caller known from before, if their key is found as it was when something is
        recorded. Until then nothing is told, no refusal either: False, and nothing happened.
        """
        door = None if sent.ids() else recalled(self._services, request, self._route.rule or "")
        if door is None:
            return False
        try:
            self._write(request, response, path, sent, door)
        except (Changed, DomainError, Refused):
            if door.heard:
                raise
            return False
        return True

    def _write(
        self, request: Any, response: Any, path: Mapping[str, str], sent: Sent,
        door: Door | None = None,
    ) -> None:  # fmt: skip
        call, body, wrong = self._read(request, path, sent, door)
        showing = views.showing_of(call, self._route.kind, path.get("id"))
        if self._goes_on and not self._rests:
            call.books.recorder.behind = showing
        try:
            answered = perform(self._route, call, body, wrong, sent.body)
            told = tell(call, self._route, answered, showing)
        finally:
            showing.end()
        if door is not None and not door.heard:
            door.look(self._services.connections)
        # A lease that was taken with the first of several appends was given back for the second.
        self._rests = RESTING if showing.appended_again else max(self._rests - 1, 0)
        if answered.replayed:
            response.set_header("Idempotency-Replayed", "true")
        shown.headers(response, answered.position, behind=told.behind)
        reveal(call, [told.resource])
        resource = refunds_told.with_all(
            call, self._route, answered.answer, answered.position, told.resource
        )
        self._answer(response, answered, resource)

    def _read(
        self, request: Any, path: Mapping[str, str], sent: Sent, door: Door | None
    ) -> tuple[Call, Any, Sequence[FieldError]]:
        route = self._route
        known = None if door is None else door.caller
        if known is None and route.bearer is None:
            known = caller_of(self._services, request, route.rule or "", sent)
        read = sent.body
        caller = known or self._by_body(request, read)
        key, besides = _key(request, route, read)
        call = Call(
            self._services, caller, request.context.request_id, path, key=key,
            base=request.forwarded_prefix, door=door,
            ahead=getattr(request.context, "ahead", None),
        )  # fmt: skip
        named, unnamed = references.in_body(call.books, route.body, read)
        nobody: list[FieldError] = []
        if call.ahead is not None:
            nobody = unknown.at_first(route.body, read, sent.ids(), call.ahead.histories)
        # Whether what the address names is there is asked first, of the command.
        wrong = [*besides, *unnamed, *([] if path else nobody)]
        try:
            body = validated(route.body, named, {"midnight": call.midnight}, wrong)
        except Invalid as refused:
            return call, None, refused.fields
        # A precondition counts only where the request would be accepted without it (RFC 9110).
        call.versions = versions.parse(request.get_header("If-Match"))
        call.reason = reason_of(request, body)
        return call, body, wrong

    def _by_body(self, request: Any, read: Mapping[str, Any]) -> Caller:
        """Of a public route: its body says who asks."""
        if self._route.bearer is None:
            raise TypeError(f"{self._route.path} is public and does not say who asks")
        body = validated(self._route.body, read, {})
        with attempting(self._services, request):
            caller: Caller = self._route.bearer(self._services, body)
        return caller

    def _answer(self, response: Any, answered: Answered, resource: Shown) -> None:
        route, answer = self._route, answered.answer
        outcome = answer.get("outcome")
        if outcome == "declined" and route.pays:
            raise _declined(route, answer)
        if outcome in _UNFINISHED:
            response.status = 202
            resource = {**resource, "status": _UNFINISHED[outcome]}
        else:
            response.status = answer.get("status", route.status)
        shown.resource(response, {**resource, **answer.get("shown", {})})


def _key(
    request: Any, route: Write, read: Mapping[str, Any]
) -> tuple[IdempotencyKey | None, list[FieldError]]:
    """The request's key, and what is wrong with it and with the query: a write takes none."""
    wrong: list[FieldError] = []
    try:
        allow(query_of(request))
    except Invalid as unknown:
        wrong.extend(unknown.fields)
    try:
        return key_of(request, read, required=route.key is Key.REQUIRED), wrong
    except Invalid as refused:
        return None, [*refused.fields, *wrong]


def perform(
    route: Write, call: Call, body: Any, wrong: Sequence[FieldError] = (),
    read: Mapping[str, Any] = _NOTHING,
) -> Answered:  # fmt: skip
    """Asks the command; a refusal of a request that happened before is its first answer again.

    `wrong` is what was found before it is asked: what is not as described, references that name
    nothing (any more). What else `read` names in vain is told with it.
    """
    try:
        if wrong:
            raise Invalid(tuple(wrong))
        written = _asked(route, call, body)
    except DomainError as refusal:
        found = earlier(call.services, call.account_id, call.key) if call.key else None
        if found is None or found.answer is None:
            raise _whole(refusal, route, call, read) from None
        return Answered(found.answer, found.position, replayed=True)
    recorded = written.recorded
    position = call.books.head().position if recorded is None else recorded.last_position
    return Answered({"id": written.ref, **written.told}, position)


def _whole(refusal: DomainError, route: Write, call: Call, read: Mapping[str, Any]) -> DomainError:
    if not read or not isinstance(refusal, Invalid) or not (call.door is None or call.door.heard):
        return refusal
    return unknown.with_all(refusal, call.books, route.body, read)


def _asked(route: Write, call: Call, body: Any) -> Written:
    """Whoever was slower waits a little, at random, and longer each time: somebody wins."""
    end, pause = monotonic() + PATIENCE_SECONDS, 0.002
    while True:
        try:
            return _handled(route, call, body)
        except ConcurrentChange:
            if monotonic() > end:
                raise
        sleep(pause * random())
        pause = min(pause * 1.5, 0.05)


def _handled(route: Write, call: Call, body: Any) -> Written:
    versions.hold(route, call)
    written: Written = route.handler(call, body)
    return written


def _declined(route: Write, answer: Mapping[str, Any]) -> Refused:
    refund = route.name == "refund"
    field = "to" if refund else "payment_method_id"
    wrong = FieldError(field, answer["code"], answer["detail"])
    code = "refund_declined" if refund else "payment_declined"
    return Refused(402, code, answer["detail"], [wrong])
