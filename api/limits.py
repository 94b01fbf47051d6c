"""How often a key may ask, and how often an address may fail to name one.

A key's quota is one bucket in the database, whatever the number of processes. Each process takes a
second's worth of it at a time and counts that down in memory, so that a request costs no round trip
of its own; what was taken lapses after a minute, so an idle process holds nothing back for long.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import ceil, inf
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

from api.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from store.api_keys import Granted

_MINUTE = 60.0
_MOST_REMEMBERED = 20_000


class Standing(NamedTuple):
    """Where a caller stands, in requests and seconds. `wait` is None for one let through."""

    limit: int
    remaining: int
    wait: float | None = None

    def headers(self) -> Mapping[str, str]:
        """Source of the names: draft-ietf-httpapi-ratelimit-headers-06."""
        full_again = ceil((self.limit - self.remaining) * _MINUTE / self.limit)
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(full_again),
        }

    def require(self, detail: str) -> None:
        """Raises Refused 429."""
        if self.wait is not None:
            header = {"Retry-After": str(max(1, ceil(self.wait)))}
            raise Refused(429, "rate_limited", detail, headers=header)


class Lease(Protocol):
    """Takes so many requests of a key's quota, of so many a minute; less if there are less."""

    def __call__(self, wanted: int, per_minute: int, /) -> Granted: ...


@dataclass(slots=True)
class _Share:
    """What this process may still let through, and what it left in the bucket when it took it."""

    left: float
    in_bucket: int
    until: float
    shut_until: float = 0.0


class KeyLimits:
    """`per_minute` requests of one key, all at once or spread; 0 counts nothing."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._shares: dict[bytes, _Share] = {}
        self._lock = Lock()

    def knows(self, key: bytes) -> bool:
        """Whether the key was in force a moment ago."""
        return key in self._shares

    def forget(self, key: bytes) -> None:
        self._shares.pop(key, None)

    def take(self, key: bytes, lease: Lease) -> Standing | None:
        """One request. The lease is asked for at most once a second, and at least once a minute."""
        now = self._clock()
        with self._lock:
            share = self._shares.get(key)
            if share is not None and now < share.until and share.left >= 1:
                share.left -= 1
                return self._standing(share)
            if share is not None and now < share.shut_until:
                return self._standing(share, share.shut_until - now)
        granted = lease(max(1, self._per_minute // 60), self._per_minute)
        with self._lock:
            return self._taken(key, granted, now)

    def _taken(self, key: bytes, granted: Granted, now: float) -> Standing | None:
        self._drop_lapsed(now)
        before = self._shares.get(key)
        kept = before.left if before is not None and now < before.until else 0
        left = kept + granted.requests if self._per_minute else inf
        share = _Share(left, granted.in_bucket, now + _MINUTE)
        self._shares[key] = share
        if left < 1:
            share.shut_until = now + granted.wait
            return self._standing(share, granted.wait)
        share.left -= 1
        return self._standing(share)

    def _standing(self, share: _Share, wait: float | None = None) -> Standing | None:
        if not self._per_minute:
            return None
        remaining = min(self._per_minute, int(share.left) + share.in_bucket)
        return Standing(self._per_minute, remaining, wait)

    def _drop_lapsed(self, now: float) -> None:
        if len(self._shares) > _MOST_REMEMBERED:
            self._shares = {key: each for key, each in self._shares.items() if now < each.until}


class Failures:
    """Failed authentications of each address in this process, a minute at a time; 0 counts none."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._counted: dict[str, tuple[float, int]] = {}
        self._lock = Lock()

    def require_few(self, address: str) -> None:
        """Raises Refused 429 for an address that has failed too often, whatever it sends."""
        since, count = self._counted.get(address, (0.0, 0))
        wait = since + _MINUTE - self._clock()
        if self._per_minute and count >= self._per_minute and wait > 0:
            detail = "too many failed authentications from this address"
            Standing(self._per_minute, 0, wait).require(detail)

    def note(self, address: str) -> None:
        now = self._clock()
        with self._lock:
            if len(self._counted) > _MOST_REMEMBERED:
                self._counted.clear()
            since, count = self._counted.get(address, (now, 0))
            fresh = now < since + _MINUTE
            self._counted[address] = (since, count + 1) if fresh else (now, 1)


class Limits:
    """`trusted_proxies` in front of the service say for whom they ask; further ones may lie."""

    def __init__(
        self, keys_per_minute: int = 0, failures_per_minute: int = 0, trusted_proxies: int = 0
    ) -> None:
        self.keys = KeyLimits(keys_per_minute)
        self.failures = Failures(failures_per_minute)
        self.trusted_proxies = trusted_proxies
