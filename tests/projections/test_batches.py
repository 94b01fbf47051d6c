"""The same rows come out for any cut into batches, in memory and in the database."""

from __future__ import annotations

import pytest

from projections.groups import GROUPS, RESOURCES
from projections.log import read_stretch
from projections.reading import reading
from projections.work import MemoryWork


def events_of(connections, client, group):
    with reading(connections, client.account_id, group) as rows:
        return read_stretch(rows.cursor, client.account_id, 0, rows.position, group)


def folded(client, group, events, size):
    memory = MemoryWork(client.account_id)
    for at in range(0, len(events), size):
        group.fold(memory, events[at : at + size])
    return {table.name: memory.all(table) for table in group.tables}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
@pytest.mark.parametrize("size", [1, 7, 500])
def test_a_batch_of_any_size_leaves_the_same_rows(connections, busy, group, size):
    events = events_of(connections, busy, group)
    whole = folded(busy, group, events, len(events))
    assert folded(busy, group, events, size) == whole
    assert any(whole.values())


def test_the_database_holds_what_memory_folds(connections, busy):
    events = events_of(connections, busy, RESOURCES)
    whole = folded(busy, RESOURCES, events, len(events))
    with reading(connections, busy.account_id, RESOURCES) as rows:
        for table in RESOURCES.tables:
            keys = [table.key_of(row) for row in whole[table.name]]
            assert list(table.load(rows, keys).values()) == whole[table.name]
