"""Typed ids agree with an independent implementation, sort as uuids do and refuse anything else."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typeid import TypeID

from domain.shared.identifiers import MalformedId, typed_id, uuid_of


@given(st.uuids())
def test_an_independent_implementation_reads_our_ids(value):
    assert str(TypeID.from_uuid(value, "sub")) == typed_id("sub", value)
    assert uuid_of(typed_id("sub", value), "sub") == value


@given(st.uuids(), st.uuids())
def test_ids_sort_as_their_uuids(one, other):
    assert (one.int < other.int) == (typed_id("x", one) < typed_id("x", other))


@pytest.mark.parametrize(
    "text",
    [
        "", "sub", "sub_", "sub_123", "cus_00000000000000000000000000",
        "sub_0000000000000000000000000u", "sub_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "SUB_00000000000000000000000000", "sub_00000000000000000000000000 ",
    ],
)  # fmt: skip
def test_other_text_is_no_subscription_id(text):
    with pytest.raises(MalformedId):
        uuid_of(text, "sub")


def test_the_largest_uuid_has_an_id():
    assert typed_id("sub", UUID(int=2**128 - 1)) == "sub_7zzzzzzzzzzzzzzzzzzzzzzzzz"
