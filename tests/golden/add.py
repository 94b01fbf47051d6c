"""Appends an example of each event class that has none in `events.jsonl` yet."""

from __future__ import annotations

import json
from pathlib import Path

from store.codec import TypedMapper
from tests.golden.scenario import examples

FILE = Path(__file__).parent / "events.jsonl"


def main() -> None:
    FILE.touch()
    known = {json.loads(line)["topic"] for line in FILE.read_text(encoding="utf-8").splitlines()}
    mapper = TypedMapper()
    stored = [mapper.to_stored_event(event) for event in examples()]
    with FILE.open("a", encoding="utf-8") as file:
        for event in stored:
            if event.topic not in known:
                example = {"topic": event.topic, "state": json.loads(event.state)}
                file.write(json.dumps(example, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
