"""What the operator may set, read once from the environment and checked as a whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHECKOUT = Path(__file__).resolve().parent
T = TypeVar("T")
_SECRET = {"DATABASE_URL", "SUBLEDGER_BILLING_AGENT_TOKEN"}
_SWITCH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class BadSettings(Exception):
    """Every wrong variable, each with what was expected."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """`database_url` is None when the embedded server in `data_dir` is to be used.

    `sandbox_live`: live accounts take the sandbox's cards, which move no money: for development.

    `rate_limit` is of requests a minute of one key, `failure_limit` of failed authentications a
    minute of one address in one process; 0 turns either off.
    """

    host: str
    port: int
    data_dir: Path
    database_url: str | None
    demo: bool
    webhook_allow_private: bool
    sandbox_live: bool
    web_workers: int
    web_threads: int
    web_at_work: int
    rate_limit: int
    failure_limit: int
    trusted_proxies: int
    billing_agent_url: str | None
    billing_agent_timeout: int
    billing_agent_token: str | None
    gateways_file: Path | None

    @property
    def address(self) -> str:
        """Where a person on this machine finds it."""
        return f"http://localhost:{self.port}"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in `environment`. Raises BadSettings naming every wrong variable at once."""
    read = _Reader(os.environ if environment is None else environment)
    # The embedded database means a laptop: its demo account is nobody else's business.
    everywhere = bool(read.environment.get("DATABASE_URL", "").strip())
    settings = Settings(
        host=read("SUBLEDGER_HOST", "0.0.0.0" if everywhere else "127.0.0.1", str),  # noqa: S104 - a web service
        port=read("PORT", "8000", _number(1, 65535)),
        data_dir=read("SUBLEDGER_DATA_DIR", str(CHECKOUT / ".data"), _folder),
        database_url=read("DATABASE_URL", "", _database_url),
        demo=read("SUBLEDGER_DEMO", "1", _switch),
        webhook_allow_private=read("SUBLEDGER_WEBHOOK_ALLOW_PRIVATE", "0", _switch),
        sandbox_live=read("SUBLEDGER_SANDBOX_LIVE", "0", _switch),
        web_workers=read("SUBLEDGER_WEB_WORKERS", "2", _number(1, 64)),
        web_threads=read("SUBLEDGER_WEB_THREADS", "8", _number(1, 256)),
        web_at_work=read("SUBLEDGER_WEB_AT_WORK", "2", _number(0, 256)),
        rate_limit=read("SUBLEDGER_RATE_LIMIT", "60000", _number(0, 10_000_000)),
        failure_limit=read("SUBLEDGER_FAILURE_LIMIT", "600", _number(0, 10_000_000)),
        trusted_proxies=read("SUBLEDGER_TRUSTED_PROXIES", "0", _number(0, 16)),
        billing_agent_url=read("SUBLEDGER_BILLING_AGENT_URL", "", _agent_url),
        billing_agent_timeout=read("SUBLEDGER_BILLING_AGENT_TIMEOUT", "10", _number(1, 60)),
        billing_agent_token=read("SUBLEDGER_BILLING_AGENT_TOKEN", "", _optional),
        gateways_file=read("SUBLEDGER_GATEWAYS", "", _file),
    )
    read.close()
    return settings


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._problems: list[str] = []

    def __call__(self, name: str, default: str, parse: Callable[[str], T]) -> T:
        text = self.environment.get(name, "").strip() or default
        try:
            return parse(text)
        except ValueError as reason:
            shown = "" if name in _SECRET else f" is {text!r}"
            self._problems.append(f"{name}{shown}: {reason}")
            return parse(default)

    def close(self) -> None:
        if self._problems:
            raise BadSettings(self._problems)


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most} is expected")
        return int(text)

    return parse


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ValueError("1 or 0 is expected")
    return _SWITCH[text.lower()]


def _folder(text: str) -> Path:
    folder = Path(text).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise ValueError("a folder is expected")
    return folder


def _file(text: str) -> Path | None:
    file = Path(text).expanduser().absolute() if text else None
    if file is not None and not file.is_file():
        raise ValueError("a file is expected")
    return file


def _database_url(text: str) -> str | None:
    if text and urlsplit(text).scheme not in {"postgresql", "postgres"}:
        raise ValueError("postgresql://… is expected")
    return text or None


def _agent_url(text: str) -> str | None:
    address = urlsplit(text)
    if text and (address.scheme not in {"http", "https"} or not address.hostname):
        raise ValueError("an address as https://agent.example/compile is expected")
    return text or None


def _optional(text: str) -> str | None:
    return text or None
