"""What every paper has in common: the two parties, the language, the frame that is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from papers.logos import printable
from papers.tongue import Tongue, tongue_of
from papers.typed import Typed, paragraphs, plain, typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from papers.told import Movement, Parties, Party, Place

Sheet = dict[str, Any]
_LETTER = frozenset({"US", "CA", "MX", "CL", "CO", "CR", "DO", "GT", "PA", "PH", "PR", "SV", "VE"})
"""Countries whose paper is Letter (CLDR, paperSize)."""

_STATE_FIRST = frozenset({"US", "CA", "AU", "IN", "GB", "IE", "NZ", "MX", "BR"})
"""Countries whose postal code comes after the city."""


class Frame:
    """Writes the parts of a sheet in the reader's language and the document's currency."""

    def __init__(self, parties: Parties, currency: str) -> None:
        self.parties = parties
        self.tongue: Tongue = tongue_of(parties.language, parties.timezone)
        self._currency = currency

    def say(self, name: str, **filled: str) -> str:
        return self.tongue.say(name, **filled)

    def money(self, amount: int) -> str:
        return self.tongue.money(amount, self._currency)

    def day(self, at: datetime | None) -> str | None:
        return None if at is None else self.tongue.short_day(at)

    def sheet(self, kind: str, number: str | None, **own: Any) -> Sheet:
        """All fields that the template asks for; `own` are the document's."""
        heading, seller = self.say(kind), self.parties.seller
        locale = self.tongue.words_locale
        region = locale.territory
        return {
            "lang": locale.language,
            "region": region if region and region.isalpha() else None,
            "rtl": self.tongue.rtl,
            "page": _page(seller),
            "title": plain(f"{heading} {number}" if number else heading),
            "author": plain(seller.names[0]),
            "heading": heading,
            "seller": {"name": typed(seller.names[0])},
            "logo": printable(self.parties.logo, plain(seller.names[0])),
            "words": self.words(),
            "parties": [self._party("from", seller), self._party("bill_to", self.parties.buyer)],
            "footer": self._footer(seller),
            "watermark": None, "state": None, "columns": [], "lines": [], "sections": [],
            "notes": [], **own,
        }  # fmt: skip

    def words(self, notes: str = "notes") -> dict[str, str]:
        """What the template says by itself; `notes` names what stands above them."""
        return {"notes": self.say(notes), "page_of": self.tongue.words["page_of"]}

    def facts(self, *told: tuple[str, str | None]) -> list[dict[str, Any]]:
        """What is not known is left out."""
        return [{"label": self.say(name), "value": typed(value)} for name, value in told if value]

    def total(self, label: str, amount: int, *, strong: bool = False) -> dict[str, Any]:
        return {"label": label, "amount": self.money(amount), "strong": strong}

    def movements(self, title: str, made: Sequence[Movement]) -> list[dict[str, Any]]:
        """A section, or none where nothing moved."""
        if not made:
            return []
        columns = [self.say(name) for name in ("date", "method", "reference", "amount")]
        rows = [self._movement(each) for each in made]
        return [{"title": self.say(title), "columns": columns, "rows": rows}]

    def _movement(self, made: Movement) -> list[Typed]:
        return [
            typed(self.tongue.short_day(made.at)), typed(self.method(made)),
            typed(made.reference), typed(self.money(made.amount)),
        ]  # fmt: skip

    def method(self, made: Movement) -> str:
        if made.last4:
            return self.card(made.brand, made.last4)
        return self.tongue.words.get(made.method, made.method)

    def card(self, brand: str | None, last4: str) -> str:
        return self.say("card_ending", brand=(brand or self.say("card")).capitalize(), last4=last4)

    def notes(self, text: str | None) -> list[Typed]:
        return list(paragraphs(text))

    def _party(self, label: str, party: Party) -> dict[str, Any]:
        name, *others = party.names
        lines = [*others, *self._address(party.place)]
        if party.tax_id:
            lines.append(self.say("tax_id", id=party.tax_id))
        if party.email:
            lines.append(party.email)
        return {"label": self.say(label), "name": typed(name), "lines": list(map(typed, lines))}

    def _address(self, place: Place | None) -> Iterator[str]:
        if place is None:
            return
        yield from filter(None, (place.line1, place.line2))
        if place.country in _STATE_FIRST:
            region = _joined(" ", place.state, place.postal_code)
            town = _joined(", ", place.city, region)
        else:
            town = _joined(", ", _joined(" ", place.postal_code, place.city), place.state)
        yield from filter(None, (town,))
        if place.country:
            yield self.tongue.country(place.country)

    def _footer(self, seller: Party) -> list[dict[str, Any]]:
        """A part that is `whole` stays in one line where that is wide enough."""
        tax_id = self.say("tax_id", id=seller.tax_id) if seller.tax_id else ""
        parts = (seller.names[0], ", ".join(self._address(seller.place)), tax_id)
        return [{**typed(part), "whole": part == tax_id} for part in parts if part]


def _joined(between: str, *parts: str | None) -> str:
    return between.join(filter(None, parts))


def _page(seller: Party) -> str:
    country = None if seller.place is None else seller.place.country
    return "us-letter" if country in _LETTER else "a4"


def names(*candidates: Iterable[str | None]) -> tuple[str, ...]:
    """Each one's known parts in a line; nobody at all is a dash."""
    lines = [" ".join(part for part in each if part) for each in candidates]
    return tuple(line for line in lines if line.strip()) or ("–",)
