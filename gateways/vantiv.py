"""Worldpay's cnpAPI, once Vantiv: cards kept as tokens, charged as sales, given back as credits.

One XML document a request. Our reference, its first letters and a leading 0 left out to fit, is the
transaction's `id` and the order's: by it Worldpay finds duplicates of two days, and a query finds
what became of one. Source: http://support.worldpay.com/support/CNP-API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET  # to build with: what comes is read by defusedxml

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from domain.payments.gateway import (
    Approved,
    Card,
    Charge,
    Declined,
    Forged,
    GatewayUnavailable,
    Message,
    Notice,
    Outcome,
    Registration,
    Repayment,
    Unanswered,
)
from domain.shared.errors import Invalid
from gateways.heard import LONGEST_CODE, NoAnswer, reference, words
from gateways.posting import Silence, posted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

NAMESPACE = "http://www.vantivcnp.com/schema"
VERSION = "12.8"
LIVE_HOST = "payments.vantivcnp.com"
_LARGEST_ANSWER = 256 * 1024
_LONGEST_ID = 25

_APPROVED = frozenset({"000", "001", "141", "142"})
"""Also received, as credits and voids are, and approved of a prepaid card or a virtual number."""

_PARTLY = "010"
_PARTLY_DECLINED = Declined("partially_approved", "The card bears only a part; none was kept.")
_SALE, _VOID, _CREDIT = "saleResponse", "voidResponse", "creditResponse"
_BACK = (_CREDIT, _VOID)
_REGISTERED = frozenset({"000", "801", "802"})
_FOUND, _NEVER_SEEN = "150", "151"
_SETTLED_ALREADY = frozenset({"360", "361", "362"})
_UNDECIDED = frozenset({_PARTLY, "251", "370"})
"""Not all, a duplicate, and trouble of Worldpay's own: only a query tells what became of it."""

_SOFT = {
    "100": "try_again_later", "101": "try_again_later", "102": "try_again_later",
    "110": "insufficient_funds", "111": "card_velocity_exceeded", "120": "call_issuer",
    "349": "do_not_honor", "350": "generic_decline", "352": "incorrect_cvc",
    "365": "charge_already_refunded",
}  # fmt: skip
_HARD = {
    "301": "invalid_account", "302": "invalid_account", "303": "pickup_card", "304": "lost_card",
    "305": "expired_card", "307": "restricted_card", "308": "restricted_card",
    "320": "expired_card", "323": "invalid_account", "328": "revocation_of_authorization",
    "330": "card_not_supported", "820": "incorrect_number", "822": "invalid_account",
    "823": "invalid_account",
}  # fmt: skip
_BRANDS = {
    "VI": "visa", "MC": "mastercard", "AX": "amex", "DI": "discover", "JC": "jcb", "DC": "diners",
}  # fmt: skip

ET.register_namespace("", NAMESPACE)


class Vantiv:
    """For one merchant, whose sales are all in one `currency`."""

    name = "vantiv"
    timeout_seconds = 60
    idempotent_seconds = 47 * 3600
    """Duplicates are found within two days. Worldpay advises to wait a minute for an answer."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        merchant_id: str,
        currency: str = "USD",
        report_group: str = "Default Report Group",
        call_seconds: float = timeout_seconds,
    ) -> None:
        self._url, self._currency, self._seconds = url, currency, call_seconds
        self._user, self._password, self._merchant = user, password, merchant_id
        self._group = report_group

    def register(self, new: Registration) -> Card:
        """A paypage registration id, as the eProtect form in the browser gives it."""
        if not new.token.isalnum() or len(new.token) > 512:
            raise Invalid.one("token", "token_not_accepted", "a paypage registration id")
        asked = self._element("registerTokenRequest", new.customer_id)
        _add(asked, "paypageRegistrationId", new.token)
        try:
            answer = self._ask(asked, "registerTokenResponse")
        except Silence:
            raise GatewayUnavailable(detail="Worldpay does not answer; nothing was kept") from None
        if _text(answer, "response") not in _REGISTERED:
            detail = words(_text(answer, "message")) or "Worldpay does not take it"
            raise Invalid.one("token", "token_not_accepted", detail)
        try:
            token = reference(_text(answer, "cnpToken"))
        except NoAnswer:
            raise GatewayUnavailable(detail="Worldpay told no token; nothing was kept") from None
        return Card(token, _BRANDS.get(_text(answer, "type")), token[-4:], None, None)

    def charge(self, charge: Charge) -> Outcome:
        if charge.currency != self._currency:
            detail = f"this merchant charges {self._currency}"
            return Declined("currency_not_supported", detail, hard=True)
        sale = self._element("sale", charge.payment_id)
        _add(sale, "orderId", own_id(charge.payment_id))
        _add(sale, "amount", str(charge.amount))
        _add(sale, "orderSource", "recurring" if charge.off_session else "ecommerce")
        _add(_add(sale, "token"), "cnpToken", charge.method_reference)
        try:
            return self._sold(charge, self._ask(sale, _SALE))
        except Silence:
            return Unanswered()

    def _sold(self, charge: Charge, sale: ET.Element) -> Outcome:
        """A part of it, which we never ask for and Worldpay gives where the merchant is set up so,
        goes back at once: it is declined once that is done."""
        if _text(sale, "response") != _PARTLY:
            return _read(sale)
        part, number = _text(sale, "approvedAmount"), _text(sale, "cnpTxnId")
        if not part.isdecimal() or not number.isdecimal():
            return Unanswered(reached=True)
        ref = charge.payment_id
        whole = Repayment(ref, ref, int(part), charge.currency, number, whole=True)
        back = self.repay(whole)
        return _PARTLY_DECLINED if isinstance(back, Approved) else Unanswered(reached=True)

    def look_up(self, charge: Charge) -> Outcome | None:
        found = self._found(charge.payment_id)
        if not isinstance(found, list):
            return found
        sales = [each for each in found if _kind(each) == _SALE]
        partly = any(_text(each, "response") == _PARTLY for each in sales)
        if partly and isinstance(_best(each for each in found if _kind(each) in _BACK), Approved):
            return _PARTLY_DECLINED
        return _best(sales, lambda sale: self._sold(charge, sale))

    def abandon(self, charge: Charge) -> Outcome:
        """Nothing waits for a customer here: it is what it is."""
        unmade = Declined("not_charged", "Worldpay knows of no such sale.")
        return self.look_up(charge) or unmade

    def repay(self, repayment: Repayment) -> Outcome:
        """All of a sale that is not settled yet is voided: the customer never sees it."""
        if not repayment.payment_reference.isdecimal():
            return Declined("charge_not_known", "Worldpay knows no such sale.", hard=True)
        if repayment.whole:
            voided = self._element("void", repayment.refund_id)
            _add(voided, "cnpTxnId", repayment.payment_reference)
            outcome = self._outcome(voided, _VOID)
            if not isinstance(outcome, Declined) or outcome.code not in _SETTLED_ALREADY:
                return outcome
        credit = self._element("credit", repayment.refund_id)
        _add(credit, "cnpTxnId", repayment.payment_reference)
        _add(credit, "amount", str(repayment.amount))
        return self._outcome(credit, _CREDIT)

    def look_up_repayment(self, repayment: Repayment) -> Outcome | None:
        found = self._found(repayment.refund_id)
        if not isinstance(found, list):
            return found
        # What became of the credit says more than that there was nothing to void.
        outcome = _best(each for kind in _BACK for each in found if _kind(each) == kind)
        if isinstance(outcome, Declined) and outcome.code in _SETTLED_ALREADY:
            return None  # it was not voided, and its credit was not heard
        return outcome

    def read(self, message: Message) -> Notice | None:  # noqa: ARG002 - none is genuine
        raise Forged(detail="Worldpay sends no events: what comes in its name is not from it")

    def _found(self, ref: str) -> list[ET.Element] | Unanswered | None:
        query = self._element("queryTransaction", ref)
        _add(query, "origId", own_id(ref))
        try:
            answer = self._ask(query, "queryTransactionResponse")
        except Silence:
            return Unanswered()
        if _text(answer, "response") == _NEVER_SEEN:
            return None
        if _text(answer, "response") != _FOUND:
            return Unanswered(reached=True)
        return [each for kind in (_SALE, *_BACK) for each in _every(answer, kind)]

    def _outcome(self, transaction: ET.Element, answer: str) -> Outcome:
        try:
            return _read(self._ask(transaction, answer))
        except Silence:
            return Unanswered()

    def _element(self, kind: str, ref: str) -> ET.Element:
        about = {"id": own_id(ref), "reportGroup": self._group}
        return ET.Element(f"{{{NAMESPACE}}}{kind}", about)

    def _ask(self, transaction: ET.Element, answer: str) -> ET.Element:
        """Raises Silence where nothing usable came back: it may have been done."""
        about = {"version": VERSION, "merchantId": self._merchant}
        asked = ET.Element(f"{{{NAMESPACE}}}cnpOnlineRequest", about)
        login = _add(asked, "authentication")
        _add(login, "user", self._user)
        _add(login, "password", self._password)
        asked.append(transaction)
        for found in _every(_parsed(self._send(ET.tostring(asked, "utf-8"))), answer):
            if found.get("id") == transaction.get("id"):
                return found
        raise Silence

    def _send(self, body: bytes) -> bytes:
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        return posted(self._url, body, headers, seconds=self._seconds, largest=_LARGEST_ANSWER)


def made(settings: dict[str, Any], *, account_id: str, livemode: bool) -> Vantiv:  # noqa: ARG001
    """Of the operator's settings. Raises ValueError for Worldpay's live address in a test account
    and for its test addresses in a live one."""
    url = str(settings["url"])
    theirs = ".vantiv" in url or "testvantivcnp" in url
    if theirs and (LIVE_HOST in url) is not livemode:
        raise ValueError("a live account needs the live address, a test account a test one")
    return Vantiv(**settings)


def own_id(ref: str) -> str:
    """25 characters of a typed id: without the prefix, and the 0 that all of them begin with."""
    return ref.rpartition("_")[2][-_LONGEST_ID:]


def _add(to: ET.Element, name: str, text: str | None = None) -> ET.Element:
    added = ET.SubElement(to, f"{{{NAMESPACE}}}{name}")
    added.text = text
    return added


def _parsed(body: bytes) -> ET.Element:
    """Without entities, document types or anything fetched. Raises Silence."""
    try:
        read: ET.Element = fromstring(body, forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError):
        raise Silence from None
    return read


def _every(within: ET.Element, name: str) -> Iterator[ET.Element]:
    return within.iter(f"{{{NAMESPACE}}}{name}")


def _text(of: ET.Element, name: str) -> str:
    return of.findtext(f"{{{NAMESPACE}}}{name}") or ""


def _kind(of: ET.Element) -> str:
    return of.tag.rpartition("}")[2]


def _read(answer: ET.Element) -> Outcome:
    code = words(_text(answer, "response"), LONGEST_CODE)
    if code in _APPROVED:
        try:
            return Approved(reference(_text(answer, "cnpTxnId")))
        except NoAnswer:
            return Unanswered(reached=True)
    if not code or code in _UNDECIDED:
        return Unanswered(reached=True)
    detail = words(_text(answer, "message")) or "The card was declined."
    if code in _HARD:
        return Declined(_HARD[code], detail, hard=True)
    return Declined(_SOFT.get(code, code), detail)


def _best(
    answers: Iterable[ET.Element], read: Callable[[ET.Element], Outcome] = _read
) -> Outcome | None:
    """An approval among them, else the first."""
    outcomes = [read(each) for each in answers]
    approved = (each for each in outcomes if isinstance(each, Approved))
    return next(approved, outcomes[0] if outcomes else None)
