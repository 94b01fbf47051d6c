"""Boxes sealed by any release still open with their keys, and are blank without.

`sealed.jsonl` is only ever added to: `python -m tests.golden.seal`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import MapperDeserialisationError
from eventsourcing.utils import get_topic

from domain.customers.address import Address
from domain.shared.personal import ERASED
from domain.subscriptions.gift import Gift
from domain.subscriptions.member import Member
from store.codec import TypedMapper
from tests.golden.seal import ACCOUNT, SEALED, SUBJECT, personal_codecs, read

MAPPER = TypedMapper()
EXAMPLES = {each["topic"]: each for each in read(SEALED)}
AT = datetime(2026, 11, 22, tzinfo=UTC)


def opened(example, key=None, account=ACCOUNT, subject=SUBJECT):
    state = example["sealed"].encode()
    return MAPPER.event(subject, 1, example["topic"], state, AT, None, key, account)


def plainly(topic):
    state = json.dumps(EXAMPLES[topic]["state"], ensure_ascii=False).encode()
    return MAPPER.event(SUBJECT, 1, topic, state, AT, None)


def personal_words(topic: str) -> set[str]:
    event = plainly(topic)
    private = json.loads(MAPPER.codec_of(type(event)).encode_apart(event).private or b"{}")
    return {word for word in texts_in(private) if len(word) > 2}


def texts_in(value):
    if isinstance(value, dict):
        return {text for each in value.values() for text in texts_in(each)}
    return {value} if isinstance(value, str) else set()


def test_every_event_that_holds_something_personal_has_a_sealed_example():
    assert {codec.topic for codec in personal_codecs(MAPPER)} == set(EXAMPLES)


@pytest.mark.parametrize("topic", EXAMPLES)
def test_a_box_opens_with_its_key(topic):
    assert opened(EXAMPLES[topic], bytes.fromhex(EXAMPLES[topic]["key"])) == plainly(topic)


@pytest.mark.parametrize("topic", EXAMPLES)
def test_nothing_personal_stands_beside_the_box(topic):
    words = personal_words(topic)
    assert words
    assert not [word for word in words if word in EXAMPLES[topic]["sealed"]]


@pytest.mark.parametrize("topic", EXAMPLES)
def test_without_the_key_it_loads_and_tells_nothing(topic):
    blank = opened(EXAMPLES[topic])
    told = json.loads(MAPPER.to_stored_event(blank).state)
    assert not personal_words(topic) & texts_in(told)


def test_what_has_to_be_there_is_a_word():
    assert opened(EXAMPLES[get_topic(Address.Created)]).line1 == ERASED
    assert opened(EXAMPLES[get_topic(Member.Created)]).email == ERASED
    assert opened(EXAMPLES["subscription.gift_updated"]).gift == Gift(ERASED)


@pytest.mark.parametrize("moved", [{"account": SUBJECT}, {"subject": ACCOUNT}])
def test_a_box_opens_nowhere_else(moved):
    example = EXAMPLES["customer.created"]
    with pytest.raises(MapperDeserialisationError) as refused:
        opened(example, bytes.fromhex(example["key"]), **moved)
    assert isinstance(refused.value.__cause__, InvalidTag)
