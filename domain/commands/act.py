"""What every command is given besides its own arguments, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.shared.recording import Conditions

if TYPE_CHECKING:
    from domain.shared.recording import Context, IdempotencyKey, Recorded


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts and, where the caller sent one, the key under which it happens only once."""

    by: Context
    key: IdempotencyKey | None = None

    def given(self, **conditions: Any) -> Conditions:
        """Conditions of the append that takes the key."""
        return Conditions(key=self.key, **conditions)


@dataclass(frozen=True, slots=True)
class Done:
    """The typed id of what was created or changed, and where in the log."""

    ref: str
    recorded: Recorded | None
