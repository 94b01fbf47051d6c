"""A slow second opinion: walks the calendar day by day and keeps its books in exact fractions.

It shares nothing with the product: no segments, no closed form, no posting rules. Each line carries
what it has to earn a day; a cent is booked when the exact cumulative figure rounds to it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from projections.envelope import Envelope

DAY = timedelta(days=1)


def half_away(value: Fraction) -> int:
    whole, rest = divmod(abs(value), 1)
    size = int(whole) + (1 if rest >= Fraction(1, 2) else 0)
    return size if value >= 0 else -size


def apportioned(part: int, amounts: list[int]) -> list[int]:
    """Largest remainder on fractions, ties to the first."""
    whole = sum(amounts)
    if part == whole:
        return amounts
    if whole < 0:
        return [-each for each in apportioned(-part, [-each for each in amounts])]
    exact = [Fraction(part * amount, whole) for amount in amounts]
    given = [each.numerator // each.denominator for each in exact]
    while sum(given) < part:
        lacking = [want - have for want, have in zip(exact, given, strict=True)]
        given[lacking.index(max(lacking))] += 1
    return given


def scaled(total: int, amounts: list[int], share: Fraction) -> list[int]:
    """The same share of each, so rounded that they come to `total`."""
    exact = [amount * share for amount in amounts]
    given = [each.numerator // each.denominator for each in exact]
    while sum(given) < total:
        lacking = [want - have for want, have in zip(exact, given, strict=True)]
        given[lacking.index(max(lacking))] += 1
    return given


@dataclass
class Earning:
    """`to_earn` spread over a number of days from `first`. Nothing of it was counted before the day
    of `known`, whose own count takes in all days before."""

    to_earn: int
    first: date
    days: int
    booked: int = 0
    known: date = date.min

    def cumulative(self, day: date) -> int:
        passed = min(max((day - self.first).days + 1, 0), self.days)
        return half_away(Fraction(self.to_earn * passed, self.days))


@dataclass
class Line:
    ref: str
    currency: str
    who: str
    net: int
    tax: int
    earnings: list[Earning] = field(default_factory=list)
    earned: int = 0
    contra: int = 0
    reversed: int = 0
    deferred: int = 0
    service: tuple[date, date] | None = None
    held: bool = False
    known: date = date.min
    by_month: Counter[str] = field(default_factory=Counter)


class Oracle:
    """The books of a history as known at a position, at the end of any day."""

    def __init__(self, events: Iterable[Envelope], position: int, until: date) -> None:
        self.accounts: Counter[tuple[str, str]] = Counter()
        self.lines: dict[str, list[Line]] = {}
        self.invoices: dict[str, dict[str, Any]] = {}
        self.currencies: dict[str, str] = {}
        self.taken: dict[str, list[list[int]]] = {}
        by_day: dict[date, list[Envelope]] = defaultdict(list)
        for each in events:
            if each.position <= position:
                by_day[each.recorded_at.date()].append(each)
        day = min(by_day, default=until)
        while day <= until:
            for each in by_day[day]:
                self._happen(each, day)
            self._pass(day)
            day += DAY

    def trial_balance(self) -> dict[tuple[str, str], int]:
        return {key: amount for key, amount in self.accounts.items() if amount}

    def deferred(self) -> dict[tuple[str, str], int]:
        found: Counter[tuple[str, str]] = Counter()
        for line in self.all():
            found[line.who, line.currency] += line.deferred
        return {key: amount for key, amount in found.items() if amount}

    def recognized(self) -> dict[tuple[str, str], int]:
        """By line and month."""
        return {
            (line.ref, month): amount
            for line in self.all()
            for month, amount in line.by_month.items()
            if amount
        }

    def all(self) -> Iterable[Line]:
        return (line for lines in self.lines.values() for line in lines)

    def _post(self, currency: str, **amounts: int) -> None:
        assert sum(amounts.values()) == 0
        for account, amount in amounts.items():
            self.accounts[account, currency] += amount

    def _pass(self, day: date) -> None:
        """What the day earns."""
        for line in self.all():
            for earning in line.earnings:
                new = earning.cumulative(day) - earning.booked
                earning.booked += new
                line.deferred -= new
                self._earn(line, new, day)
                self._post(line.currency, deferred_revenue=new, recognized_revenue=-new)

    def _earn(self, line: Line, amount: int, day: date) -> None:
        line.earned += amount
        line.by_month[f"{day:%Y-%m}"] += amount

    def _happen(self, each: Envelope, day: date) -> None:
        name = each.topic.replace(".", "_")
        getattr(self, f"_{name}", lambda *_: None)(each.subject, each.event, day)

    def _invoice_created(self, ref: str, event: Any, _: date) -> None:
        self.invoices[ref] = {
            "who": event.customer_id, "currency": event.currency, "got": 0, "less": {},
            "lost": [0, 0, 0, 0],
        }  # fmt: skip

    def _invoice_issued(self, ref: str, event: Any, day: date) -> None:
        invoice = self.invoices[ref]
        invoice |= {"total": event.total, "lines": event.lines, "waits": False}
        if event.revenue_recognition_strategy == "invoice_payment":
            invoice["waits"] = True
            return
        side = "accounts_receivable" if event.total >= 0 else "customer_balance"
        self.accounts[side, invoice["currency"]] += event.total
        self._bill(ref, event.lines, day)

    def _bill(self, ref: str, lines: Iterable[Any], day: date) -> None:
        invoice = self.invoices[ref]
        self.lines[ref] = []
        for issued in lines:
            net, tax = invoice["less"].get(issued.id, (0, 0))
            sold = replace(issued, amount=issued.amount - net, tax=issued.tax - tax)
            line = Line(sold.id, invoice["currency"], invoice["who"], sold.amount, sold.tax)
            self.lines[ref].append(line)
            self.accounts["tax_payable", line.currency] -= sold.tax
            if getattr(sold, "held", False):
                self.accounts["deferred_revenue", line.currency] -= sold.amount
                line.deferred, line.held = sold.amount, True
            elif sold.service_start is None:
                self.accounts["recognized_revenue", line.currency] -= sold.amount
                self._earn(line, sold.amount, day)
            else:
                self.accounts["deferred_revenue", line.currency] -= sold.amount
                line.deferred, line.service = sold.amount, (sold.service_start, sold.service_end)
                days = (sold.service_end - sold.service_start).days
                line.earnings = [Earning(sold.amount, sold.service_start, days, known=day)]
                line.known = day

    def _invoice_payment_succeeded(self, ref: str, event: Any, day: date) -> None:
        invoice = self.invoices[ref]
        currency, cash = invoice["currency"], f"cash_{event.source}"
        if event.source not in {"online", "offline"}:
            cash = "customer_balance"
        if not invoice["waits"]:
            if event.amount > 0:
                self._post(currency, **{cash: event.amount, "accounts_receivable": -event.amount})
        elif not event.completes:
            self._post(currency, **{cash: event.amount, "unapplied_payments": -event.amount})
        else:
            self.accounts[cash, currency] += event.amount
            self.accounts["unapplied_payments", currency] += invoice["got"]
            self._bill(ref, event.lines or invoice["lines"], day)
            invoice["waits"] = False
        invoice["got"] += event.amount

    def _invoice_voided(self, ref: str, event: Any, day: date) -> None:
        owed = self.invoices[ref]["total"] - self.invoices[ref]["got"] + event.returned
        self._take_back(ref, owed, "voids", day)

    def _invoice_marked_uncollectible(self, ref: str, event: Any, day: date) -> None:
        invoice = self.invoices[ref]
        owed = invoice["total"] - invoice["got"] + (event.returned if invoice["waits"] else 0)
        expense, tax = self._take_back(ref, owed, "bad_debt", day)
        invoice["lost"] = [owed, expense, tax, 0]

    def _invoice_recovered(self, ref: str, event: Any, _: date) -> None:
        """All that came so far, less what was booked of it before."""
        owed, expense, tax, before = self.invoices[ref]["lost"]
        self.invoices[ref]["lost"][3] += event.amount

        def booked(came: int) -> tuple[int, int]:
            again = half_away(Fraction(came * tax, owed))
            return again, min(came - again, expense)

        (taxes, undone), (taxed, was) = booked(before + event.amount), booked(before)
        self._post(
            self.invoices[ref]["currency"], cash_offline=event.amount, tax_payable=taxed - taxes,
            bad_debt=was - undone, recoveries=taxes - taxed + undone - was - event.amount,
        )  # fmt: skip

    def _invoice_credited(self, ref: str, event: Any, day: date) -> None:
        """A plan change's note of one line is tested by its example."""
        invoice = self.invoices[ref]
        assert event.line_id is None
        if invoice["waits"]:
            invoice["total"] -= event.amount
            self._lower(invoice, event.lines, 1)
            self.taken[event.credit_note_id] = event.lines
            return
        invoice["got"] += event.receivable
        given = {
            "accounts_receivable": -event.receivable, "customer_balance": -event.balance,
            "cash_offline": -event.offline,
        }  # fmt: skip
        parts = {each.line_id: (each.net, each.tax) for each in event.lines}
        self.taken[event.credit_note_id] = self._give_back(
            ref, event.amount, "credit_notes", given, event.policy, day, parts
        )

    @staticmethod
    def _lower(invoice: dict[str, Any], lines: Iterable[Any], sign: int) -> None:
        for each in lines:
            net, tax = invoice["less"].get(each.line_id, (0, 0))
            invoice["less"][each.line_id] = (net + sign * each.net, tax + sign * each.tax)

    def _invoice_credit_voided(self, ref: str, event: Any, day: date) -> None:
        invoice = self.invoices[ref]
        if invoice["waits"]:
            invoice["total"] += event.amount
            self._lower(invoice, self.taken[event.credit_note_id], -1)
        else:
            invoice["got"] -= event.amount
            back = {"accounts_receivable": event.amount}
            self._put_back(ref, event.credit_note_id, "credit_notes", back, day)

    def _invoice_refund_reversed(self, ref: str, event: Any, day: date) -> None:
        self._put_back(ref, event.refund_id, "refunds", {"cash_online": event.amount}, day)

    def _put_back(self, ref: str, of: str, contra: str, given: dict[str, int], day: date) -> None:
        lines, taken = self.lines[ref], self.taken[of]
        for line, (unearned, earned, tax) in zip(lines, taken, strict=True):
            line.deferred += unearned
            line.reversed -= unearned + earned
            line.contra -= earned
            line.tax += tax
            if unearned and not line.held:
                start, end = line.service or (day, day)
                first = start if day <= line.known else max(start, day)
                days = max((end - first).days, 1)
                line.earnings.append(Earning(unearned, first, days, known=day))
        sums = [-sum(each) for each in zip(*taken, strict=True)]
        self._post(
            self.invoices[ref]["currency"],
            **{"deferred_revenue": sums[0], contra: sums[1], "tax_payable": sums[2]}, **given,
        )  # fmt: skip

    def _invoice_refunded(self, ref: str, event: Any, day: date) -> None:
        account = {"card": "cash_online", "offline": "cash_offline"}.get(
            event.to, "customer_balance"
        )
        given = {account: -event.amount}
        self.taken[event.refund_id] = self._give_back(
            ref, event.amount, "refunds", given, event.policy, day
        )

    def _give_back(
        self, ref: str, amount: int, contra: str, given: dict[str, int], policy: str, day: date,
        of: dict[str, tuple[int, int]] | None = None,
    ) -> list[list[int]]:  # fmt: skip
        """Of each line what is unearned, earned and taxed and nobody took back yet."""
        lines = self.lines[ref]
        left = [
            [line.deferred, line.net - line.reversed - line.deferred, line.tax] for line in lines
        ]
        if of:
            taken = [
                self._of_line(of.get(line.ref, (0, 0)), each, policy)
                for line, each in zip(lines, left, strict=True)
            ]
        else:
            taken = self._taken(amount, left, policy)
        for line, (unearned, earned, tax) in zip(lines, taken, strict=True):
            line.deferred -= unearned
            line.reversed += unearned + earned
            line.contra += earned
            line.tax -= tax
            self._go_on(line, unearned, day)
        sums = [sum(each) for each in zip(*taken, strict=True)]
        self._post(
            self.invoices[ref]["currency"],
            **{"deferred_revenue": sums[0], contra: sums[1], "tax_payable": sums[2]}, **given,
        )  # fmt: skip
        return taken

    @staticmethod
    def _of_line(asked: tuple[int, int], left: list[int], policy: str) -> list[int]:
        (net, tax), (unearned, earned, _) = asked, left
        if policy == "proportional":
            return [*apportioned(net, [unearned, earned]), tax]
        first = min(net, max(unearned, 0))
        return [first, net - first, tax]

    @staticmethod
    def _taken(amount: int, left: list[list[int]], policy: str) -> list[list[int]]:
        unearned, earned, taxed = kinds = [sum(each) for each in zip(*left, strict=True)]
        if amount == 0:
            return [[0, 0, 0] for _ in left]
        if amount == sum(kinds):
            return left
        share = Fraction(amount, sum(kinds))
        tax = half_away(share * taxed)
        by_kind = [[each[at] for each in left] for at in range(3)]
        if policy == "proportional":
            parts = scaled(amount - tax, [unearned, earned], share)
            net = [scaled(part, kind, share) for part, kind in zip(parts, by_kind, strict=False)]
        else:
            _, first, _ = sorted([min(0, unearned), amount - tax, max(0, unearned)])
            parts = [first, amount - tax - first]
            net = [
                apportioned(part, kind) if part else [0] * len(left)
                for part, kind in zip(parts, by_kind, strict=False)
            ]
        taken = zip(*net, scaled(tax, by_kind[2], share), strict=True)
        return [list(each) for each in taken]

    def _invoice_service_ended(self, ref: str, _: Any, day: date) -> None:
        for line in self.lines.get(ref, []):
            line.service, line.held = None, False
            if line.deferred:
                line.earnings = [Earning(line.deferred, day, 1)]

    def _invoice_service_moved(self, ref: str, event: Any, day: date) -> None:
        spans = {sold.id: (sold.service_start, sold.service_end) for sold in event.lines}
        for line in self.lines.get(ref, []):
            start, end = spans[line.ref]
            if start is not None and (line.held or line.service is not None):
                line.service, line.held = (start, end), False
            if line.deferred and start is not None:
                first = max(start, day)
                line.earnings = [Earning(line.deferred, first, max((end - first).days, 1))]

    def _take_back(self, ref: str, owed: int, contra: str, day: date) -> tuple[int, int]:
        """How much of it was earned, and how much was tax."""
        lines = self.lines.get(ref, [])
        if not lines:
            return 0, 0
        spent = [0, 0]
        currency = self.invoices[ref]["currency"]
        left = [
            [line.deferred, line.net - line.reversed - line.deferred, line.tax] for line in lines
        ]
        taken = self._taken(owed, left, "proportional")
        for line, (unearned, lost, tax) in zip(lines, taken, strict=True):
            self._post(
                currency, deferred_revenue=unearned, tax_payable=tax,
                accounts_receivable=-(unearned + lost + tax), **{contra: lost},
            )  # fmt: skip
            line.deferred -= unearned
            line.contra += lost
            line.reversed += unearned + lost
            line.tax -= tax
            spent = [spent[0] + lost, spent[1] + tax]
            self._go_on(line, unearned, day)
        return spent[0], spent[1]

    @staticmethod
    def _go_on(line: Line, taken: int, day: date) -> None:
        """What is still deferred is earned over the days that are left, or today if none are.
        A gift that nobody redeemed is earned on no day."""
        if not taken or not line.earnings:
            return
        kept, going_on = [], []
        left = [each.to_earn - each.booked for each in line.earnings]
        for old, part, rest in zip(line.earnings, apportioned(taken, left), left, strict=True):
            first = old.first if day <= old.known else max(day, old.first)
            days = max((old.first + old.days * DAY - first).days, 1)
            if not part:
                kept.append(old)
            elif rest != part:
                going_on.append(Earning(rest - part, first, days, known=old.known))
        line.earnings = kept + going_on

    def _balance_created(self, ref: str, event: Any, _: date) -> None:
        self.currencies[ref] = event.currency

    def _balance_credited(self, ref: str, event: Any, _: date) -> None:
        source = {
            "online": "cash_online", "offline": "cash_offline", "unapplied": "unapplied_payments",
            "receivable": "accounts_receivable", "invoice": None, "refund": None,
            "credit_note": None, "refund_failed": "cash_online",
        }[event.source]  # fmt: skip
        if source:
            amounts = {source: event.amount, "customer_balance": -event.amount}
            self._post(self.currencies[ref], **amounts)
