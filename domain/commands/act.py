"""What every command is given besides its own arguments, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from domain.shared.recording import Conditions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.shared.recording import Context, IdempotencyKey, Recorded


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts and, where the caller sent one, the key under which it happens only once."""

    by: Context
    key: IdempotencyKey | None = None

    def given(self, ref: str, **conditions: Any) -> Conditions:
        """Conditions of the append that takes the key and answers it with `ref`."""
        key = None if self.key is None else replace(self.key, answer={"id": ref})
        return Conditions(key=key, **conditions)

    def given_all(self, refs: Sequence[str], **conditions: Any) -> Conditions:
        """As `given`, of several made at once: the answer is the list of them."""
        answer = {"id": refs[0], "ids": list(refs)}
        key = None if self.key is None else replace(self.key, answer=answer)
        return Conditions(key=key, **conditions)

    def intent(self, **conditions: Any) -> Conditions:
        """Conditions of an append that takes the key and leaves its answer to the outcome."""
        return Conditions(key=self.key, **conditions)

    @property
    def request_key(self) -> str | None:
        """The caller's key, as it is kept with an intent."""
        return None if self.key is None else self.key.key


@dataclass(frozen=True, slots=True)
class Done:
    """The typed id of what was created or changed, and where in the log. `others` were created
    with it."""

    ref: str
    recorded: Recorded | None
    others: tuple[str, ...] = ()
