"""Who writes a paper and who gets it: as they were when it was issued, in one snapshot."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.shared.identifiers import typed_id, uuid_of
from papers.sheet import names
from papers.told import Parties, Party, Place
from projections import accounts, addresses, customers, log, organizations
from projections.rendering import read
from projections.work import MemoryWork

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from projections.addresses import AddressRow
    from projections.customers import CustomerRow
    from projections.envelope import Envelope
    from projections.organizations import OrganizationRow
    from projections.reading import Reading

_VIEWS = (accounts.VIEW, customers.VIEW, addresses.VIEW, organizations.VIEW)
_PARTS = ("line1", "line2", "city", "state", "postal_code", "country")


class Named(NamedTuple):
    """What a document itself keeps of its reader's names."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    organization: str | None = None


class Directory:
    """The account and some of its customers, at any position up to the reading's."""

    def __init__(self, reading: Reading, customer_ids: Iterable[str]) -> None:
        ids, own = sorted(set(customer_ids)), _account_ref(reading)
        self._reading = reading
        self._now = customers.TABLE.load(reading, ids)
        self._account = accounts.TABLE.load(reading, [own])[own]
        self._addresses: dict[str, list[str]] = defaultdict(list)
        for row in addresses.TABLE.load_by(reading, "customer_id", ids):
            self._addresses[row.customer_id].append(row.id)
        self._streams: dict[str, list[Envelope]] = defaultdict(list)
        first = [
            _account_ref(reading),
            *ids,
            *(one for of in self._addresses.values() for one in of),
        ]
        self._follow(first)
        self._follow(sorted(self._organizations()))

    def parties(self, customer_id: str, position: int | None, named: Named | None) -> Parties:
        """As of a position; None: as of now. `named` are the names that the document keeps."""
        until = self._reading.position if position is None else position
        then = MemoryWork(self._reading.account_id)
        self._fold(then, [_account_ref(self._reading), customer_id], until)
        self._fold(then, self._addresses[customer_id], until)
        (customer,) = then.all(customers.TABLE) or [self._now[customer_id]]
        self._fold(then, [customer.organization_id or ""], until)
        (account,) = then.all(accounts.TABLE) or [self._account]
        place = _place(read(account.address))
        return Parties(
            seller=Party(
                names=names([account.legal_name or account.name]), place=place,
                tax_id=account.tax_id,
            ),
            buyer=_buyer(then, customer, named),
            language=self._now[customer_id].language,
            timezone=account.timezone,
            logo=self._account.logo,
        )  # fmt: skip

    def _follow(self, refs: Sequence[str]) -> None:
        ids = [uuid_of(ref) for ref in refs]
        reading = self._reading
        for each in log.read_streams(
            reading.cursor, reading.account_id, ids, reading.position, for_documents=True
        ):
            self._streams[each.subject].append(each)

    def _organizations(self) -> set[str]:
        """Every one that a customer has ever belonged to."""
        told = [each.event for ref in self._now for each in self._streams[ref]]
        found = {getattr(event, "organization_id", None) for event in told}
        found |= {getattr(event, "changes", {}).get("organization_id") for event in told}
        return {ref for ref in found if ref}

    def _fold(self, work: MemoryWork, refs: Iterable[str], until: int) -> None:
        events = [each for ref in refs for each in self._streams[ref] if each.position <= until]
        for view in _VIEWS:
            view.fold(work, [each for each in events if each.topic in view.topics])


def _account_ref(reading: Reading) -> str:
    return typed_id("acct", reading.account_id)


def _buyer(then: MemoryWork, customer: CustomerRow, named: Named | None) -> Party:
    """A document's own names count; what it does not keep is as it was known then."""
    organization = next(iter(then.all(organizations.TABLE)), None)
    address = _chosen(then.all(addresses.TABLE))
    if named is None:
        company = None if organization is None else organization.name
        named = Named(customer.email, customer.first_name, customer.last_name, company)
    company = named.organization or (None if address is None else address.company)
    return Party(
        names=names([company], [named.first_name, named.last_name]),
        place=_address(address, organization),
        email=named.email,
        tax_id=None if organization is None else organization.tax_id,
    )


def _chosen(known: Sequence[AddressRow]) -> AddressRow | None:
    """The default one for bills, else any for bills, else wherever things are sent."""
    kept = [row for row in known if not row.deleted]
    kept.sort(key=lambda row: (row.type != "billing", not row.is_default, row.id))
    return next(iter(kept), None)


def _address(address: AddressRow | None, organization: OrganizationRow | None) -> Place | None:
    known = None if organization is None else organization.address
    if known is not None and (address is None or address.type != "billing"):
        return _place(read(known))
    if address is None:
        return None
    return Place(**{part: getattr(address, part) for part in _PARTS})


def _place(known: dict[str, Any] | None) -> Place | None:
    return None if not known else Place(**{part: known.get(part) for part in _PARTS})
