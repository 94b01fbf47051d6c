"""What the edge is given when it is built: everything it reaches, and nothing it makes itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from api.door import Known
from api.gate import Gate
from api.limits import Limits
from domain.catalog.compiler import BuiltIn
from papers.press import Press

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.catalog.billing_agent import BillingAgent
    from domain.commands.act import Act
    from domain.payments.gateway import Gateway
    from store.ahead import Ahead
    from store.connections import Connection, Connections
    from store.kin import Kin


class Summary(Protocol):
    """How many things of each kind ran, and what was refused."""

    @property
    def ran(self) -> Mapping[str, int]: ...

    @property
    def refused(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`books_within` are the same books on the connections of a transaction.

    `accounts_with` names those whose operator set a gateway up for them.

    `look_ahead` finds who sent a key, and what of their account they name.

    `advance` runs what falls due in an account up to an instant and moves its clock there.

    It is given an act without a key: it makes many appends, the request's key is taken after.
    """

    connections: Connections
    books_for: Callable[[UUID], Books]
    books_within: Callable[[Books, Connections], Books]
    gateways_of: Callable[[Account], Mapping[str, Gateway]]
    accounts_with: Callable[[str], Sequence[str]] = lambda _: ()
    sandbox_secret: Callable[[UUID], str] = lambda _: ""
    advance: Callable[[UUID, datetime, Act], Summary]
    look_ahead: Callable[[Connection, str, Sequence[UUID], tuple[Kin, str] | None], Ahead]
    advance_wait_seconds: float = 20.0
    gate: Gate = field(default_factory=Gate)
    limits: Limits = field(default_factory=Limits)
    known: Known = field(default_factory=Known)
    billing_agent: BillingAgent = field(default_factory=BuiltIn)
    press: Press = field(default_factory=Press)

    def gateways_to_ask(self, account: Account) -> Mapping[str, Gateway]:
        """Others are let in at the gate meanwhile."""
        self.gate.leave()
        return self.gateways_of(account)

    def agent_to_ask(self) -> BillingAgent:
        """The same."""
        self.gate.leave()
        return self.billing_agent
