"""Every event ever released still loads, in a process that has nothing else in memory.

`events.jsonl` is only ever added to: `python -m tests.golden.add` appends an example of each
event class that has none yet.
"""

import json
import subprocess
import sys
from pathlib import Path

from eventsourcing.utils import get_topic

from projections.catalogue import AGGREGATES, topics_of

FILE = Path(__file__).parent / "events.jsonl"
READ = '''
import json, sys
from datetime import UTC, datetime
from uuid import UUID
import projections.catalogue
from store.codec import TypedMapper
mapper = TypedMapper()
def kept(was, now):
    """Everything that was stored is still said; fields added later may stand beside it."""
    if isinstance(was, dict):
        return isinstance(now, dict) and all(k in now and kept(was[k], now[k]) for k in was)
    if isinstance(was, list):
        return isinstance(now, list) and len(was) == len(now) and all(map(kept, was, now))
    return was == now
for line in open(sys.argv[1], encoding="utf-8"):
    golden = json.loads(line)
    state = json.dumps(golden["state"], ensure_ascii=False, separators=(",", ":")).encode()
    number = "INV-000001" if "series" in golden["state"] else None
    event = mapper.event(UUID(int=1), 1, golden["topic"], state, datetime.now(UTC), number)
    again = json.loads(mapper.to_stored_event(event).state)
    assert kept(golden["state"], again), (golden["topic"], again)
print("loaded")
'''


def golden() -> list[dict]:
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def test_every_golden_event_loads_in_a_fresh_process_and_means_the_same():
    done = subprocess.run(
        [sys.executable, "-c", READ, str(FILE)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("loaded\n", "")


def test_every_event_class_has_a_golden_example():
    assert {each["topic"] for each in golden()} >= set().union(*map(topics_of, AGGREGATES))


def test_the_scenario_makes_every_event_there_is():
    from tests.golden.scenario import examples

    made = {get_topic(type(event)) for event in examples()}
    assert made == set().union(*map(topics_of, AGGREGATES))


def test_golden_examples_are_of_every_optional_field():
    """A field that is null in every example would not show that its values still load."""
    seen: dict[str, dict[str, bool]] = {}
    for each in golden():
        fields = seen.setdefault(each["topic"], {})
        for name, value in each["state"].items():
            fields[name] = fields.get(name, False) or value is not None
    always_null = {(topic, name) for topic, fields in seen.items() for name, set_ in fields.items()
                   if not set_}  # fmt: skip
    assert always_null <= {
        ("product.created", "image"),
        ("customer.created", "organization_id"),
        ("invoice.created", "subscription_id"),
        ("payment.recorded", "invoice_id"),
    }
