"""Appends a sealed example of each golden event that holds something personal and has none yet."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.catalogue import AGGREGATES, events_of
from store.boxes import Whose, new_key, with_box
from store.codec import TypedMapper

if TYPE_CHECKING:
    from store.event_codec import EventCodec

FOLDER = Path(__file__).parent
SEALED = FOLDER / "sealed.jsonl"
PLAIN = FOLDER / "events.jsonl"
ACCOUNT, SUBJECT = UUID(int=2), UUID(int=1)
CHANGED: list[dict[str, Any]] = [
    {"topic": "customer.updated", "state": {"changes": {
        "email": "ada@example.org", "phone": None, "language": "en", "metadata": {"crm": "Byron"},
    }}},
    {"topic": "address.updated", "state": {"changes": {
        "line1": "12 St James's Square", "city": "London", "is_default": True,
    }}},
]  # fmt: skip
"""Of changes, whose plain examples tell of nobody."""


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def sealed_examples() -> list[dict[str, Any]]:
    """With the most in the box first."""
    mapper, found = TypedMapper(), []
    topics = {codec.topic for codec in personal_codecs(mapper)}
    for plain in [*CHANGED, *read(PLAIN)]:
        if plain["topic"] not in topics:
            continue
        state = json.dumps(plain["state"], ensure_ascii=False).encode()
        event = mapper.event(SUBJECT, 1, plain["topic"], state, datetime.now(UTC), None)
        encoded = mapper.codec_of(type(event)).encode_apart(event)
        if encoded.private is not None:
            found.append((plain, encoded.state, encoded.private))
    found.sort(key=lambda each: -len(each[2]))
    return [_sealed(*each) for each in found]


def personal_codecs(mapper: TypedMapper) -> list[EventCodec]:
    """Of the events that hold something personal, of aggregates that are somebody's."""
    theirs = [kind for kind in AGGREGATES if kind.PERSONAL_OF is not None]
    codecs = [mapper.codec_of(event) for kind in theirs for event in events_of(kind)]
    return [codec for codec in codecs if codec.private]


def _sealed(plain: dict[str, Any], state: bytes, private: bytes) -> dict[str, Any]:
    key = new_key()
    whose = Whose(ACCOUNT, SUBJECT, 1, plain["topic"])
    boxed = with_box(state, private, "cus_example/profile", key, whose).decode()
    return {**plain, "key": key.hex(), "sealed": boxed}


def main() -> None:
    SEALED.touch()
    known = {each["topic"] for each in read(SEALED)}
    with SEALED.open("a", encoding="utf-8") as file:
        for example in sealed_examples():
            if example["topic"] not in known:
                known.add(example["topic"])
                file.write(json.dumps(example, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
