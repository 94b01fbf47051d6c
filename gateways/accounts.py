"""Which gateways an account has, and what each is reached with: the operator's file says it.

The file is TOML, one table an account and gateway; nothing of it is ever recorded or shown:

    [acct_01kg9x0000e00800000000001a.stripe]
    secret_key = "env:ACME_STRIPE_KEY"
    webhook_secrets = ["env:ACME_STRIPE_WEBHOOK_SECRET"]

It is read again when it changed, so that a new account needs no restart.
"""

from __future__ import annotations

import logging
import os
import tomllib
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from gateways import stripe, vantiv
from gateways.punctual import Punctual
from gateways.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from uuid import UUID

    from domain.accounts.account import Account
    from domain.payments.gateway import Gateway

Settings = dict[str, Any]
_log = logging.getLogger(__name__)


class BadGateway(Exception):
    """A table of the file that no gateway can be made of; says which, never a secret."""


class AccountGateways:
    """The sandbox for test accounts, and what the file names; made once and kept.

    Its cards move no money, so a live account has it only where the operator develops:
    `sandbox_live`.
    """

    def __init__(
        self,
        sandbox_secret: Callable[[UUID], str],
        file: Path | None = None,
        *,
        sandbox_live: bool = False,
    ) -> None:
        self._sandbox_secret = sandbox_secret
        self._sandbox_live = sandbox_live
        self._file = file
        self._read_at: float | None = None
        self._named: Mapping[str, Mapping[str, Settings]] = {}
        self._made: dict[str, Mapping[str, Gateway]] = {}
        self._lock = Lock()

    def of(self, account: Account) -> Mapping[str, Gateway]:
        with self._lock:
            self._refresh()
            made = self._made.get(account.ref)
            if made is None:
                made = self._made[account.ref] = self._make(account)
        return made

    def accounts_with(self, name: str) -> list[str]:
        """The accounts that the file names with a gateway."""
        with self._lock:
            self._refresh()
            return [ref for ref, gateways in self._named.items() if name in gateways]

    def _make(self, account: Account) -> Mapping[str, Gateway]:
        made: dict[str, Gateway] = {}
        if self._sandbox_live or not account.livemode:
            secret = partial(self._sandbox_secret, account.id)
            made["sandbox"] = Sandbox(signing_secret=secret)
        for name, settings in self._named.get(account.ref, {}).items():
            try:
                gateway = _MAKERS[name](
                    _filled(settings), account_id=account.ref, livemode=account.livemode
                )
                made[name] = Punctual(gateway, livemode=account.livemode)
            except (KeyError, TypeError, ValueError, BadGateway) as wrong:
                # One account's mistake must not keep the others from being charged.
                _log.error("gateway %s of %s cannot be used: %s", name, account.ref, wrong)
        return made

    def _refresh(self) -> None:
        if self._file is None:
            return
        try:
            changed_at = self._file.stat().st_mtime
        except OSError:
            return  # it is being put in place anew: what was read counts
        if changed_at == self._read_at:
            return
        try:
            self._named = tomllib.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as wrong:
            _log.error("the gateways' file cannot be read, the last one counts: %s", wrong)
        else:
            self._made = {}
        self._read_at = changed_at


def _filled(settings: Settings) -> Settings:
    """With the values of the environment where the file names them."""
    return {name: _value(value) for name, value in settings.items()}


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, str) and value.startswith("env:"):
        found = os.environ.get(value.removeprefix("env:"))
        if not found:
            raise BadGateway(f"{value} is not set")
        return found
    return value


_MAKERS: dict[str, Callable[..., Gateway]] = {"stripe": stripe.made, "vantiv": vantiv.made}
"""A new adapter is one file, named here."""
