"""What the pay page shows: one invoice in its reader's language, and what can be done about it."""

from __future__ import annotations

import hashlib
import secrets
import tomllib
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.pay import reasons
from domain.invoicing.invoice import PAYABLE
from domain.payments.payment import Status
from papers.invoice import invoice_sheet, settled_by
from papers.sheet import Frame
from papers.tongue import tongue_of
from projections import customers, invoices, payment_methods, payments
from projections.groups import RESOURCES
from projections.papers import invoices_told
from projections.reading import reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.errors import Refused
    from api.pay.links import Link
    from api.services import Services
    from papers.told import InvoiceTold
    from papers.tongue import Tongue
    from projections.payment_methods import PaymentMethodRow
    from projections.payments import PaymentRow
    from projections.reading import Reading


@dataclass(frozen=True, slots=True)
class Seen:
    """One invoice as the page needs it. `last` is the payment that was begun last."""

    told: InvoiceTold
    customer_id: str
    card: PaymentMethodRow | None
    last: PaymentRow | None
    livemode: bool

    @property
    def state(self) -> str:
        if self.told.status == "paid":
            return "paid" if settled_by(self.told) == "paid" else "closed"
        if self.told.status not in PAYABLE:
            return "closed"
        if self.last is None or self.last.status in {Status.SUCCEEDED, Status.FAILED}:
            return "open"
        return "confirm" if self.last.status == Status.REQUIRES_ACTION else "processing"

    @property
    def declined(self) -> str | None:
        """The code of the last attempt, where it failed, of what is still to be paid."""
        failed = self.state == "open" and self.last is not None
        return self.last.failure_code if failed and self.last is not None else None


def seen(services: Services, link: Link) -> Seen:
    """Raises NotFound."""
    with reading(services.connections, link.account_id, RESOURCES) as now:
        (told,) = invoices_told(now, [link.invoice_id])
        row = invoices.TABLE.load(now, [link.invoice_id])[link.invoice_id]
        begun = payments.TABLE.load_by(now, "invoice_id", [link.invoice_id])
        last = max(begun, key=lambda each: each.id, default=None)
        return Seen(told, row.customer_id, _card(now, row.customer_id), last, now.livemode)


def _card(now: Reading, customer_id: str) -> PaymentMethodRow | None:
    customer = customers.TABLE.load(now, [customer_id])[customer_id]
    default = customer.default_payment_method_id
    found = payment_methods.TABLE.load(now, [default] if default else [])
    card = found.get(default or "")
    return None if card is None or card.deleted else card


@cache
def all_words() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("api.pay").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _words(tongue: Tongue) -> Mapping[str, str]:
    return all_words()[tongue.words_locale.language]


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api.pay", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


@cache
def style() -> str:
    return resources.files("api.pay").joinpath("page.css").read_text(encoding="utf-8")


@cache
def policy() -> str:
    """No script at all, no style but ours, no picture but the logo within the page."""
    digest = b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def page(
    shown: Seen, address: str, *, refused: Refused | None = None, confirm_url: str | None = None
) -> str:
    """`address` is the page's own, `refused` why what was just asked for was not done."""
    told = shown.told
    frame, sheet = Frame(told.parties, told.currency), invoice_sheet(told)
    words = _words(frame.tongue)
    failure = None
    if refused is not None:
        failure = reasons.not_done(words, refused)
    elif shown.declined is not None:
        failure = reasons.declined(words, shown.declined)
    return _templates().get_template("page.html").render(
        sheet=sheet, words=words, style=style(), address=address, state=shown.state,
        failure=failure, confirm_url=confirm_url, test=not shown.livemode,
        card=_card_name(frame, words, shown.card), logo=_logo(sheet),
        pay=words["pay"].format(amount=frame.money(told.amount_remaining)),
        key=secrets.token_urlsafe(24),
    )  # fmt: skip


def _card_name(frame: Frame, words: Mapping[str, str], card: PaymentMethodRow | None) -> str | None:
    if card is None:
        return None
    if card.last4 is None:
        return words["saved_card"]
    return frame.card(card.brand, card.last4)


def _logo(sheet: Mapping[str, Any]) -> str | None:
    """As data that every browser reads, however it was written into the setting."""
    picture = sheet["logo"]
    if picture is None:
        return None
    kind = {"svg": "svg+xml", "jpg": "jpeg"}.get(picture["format"], picture["format"])
    return f"data:image/{kind};base64,{b64encode(picture['data']).decode()}"


def wrong(name: str, languages: str) -> str:
    """`name` is what is wrong with a link, `languages` what the browser says that it reads."""
    tongue = tongue_of(languages.split(",", maxsplit=1)[0].split(";", maxsplit=1)[0], "UTC")
    words = _words(tongue)
    return _templates().get_template("wrong.html").render(
        title=words[name], hint=words[f"{name}_hint"], style=style(),
        lang=tongue.words_locale.language,
    )  # fmt: skip
