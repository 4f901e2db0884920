"""JSON of too many parts is refused before it is made; what stands in texts does not count."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.bodies import MOST_NAMES, MOST_PARTS, MOST_VALUES, BodyTooLarge, json_in

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_is_small_is_read_as_it_is(value: object) -> None:
    assert json_in(orjson.dumps(value)) == value


@given(st.text(alphabet='[{,"\\\n\u20ac', min_size=1, max_size=3), VALUES)
@settings(max_examples=20)
def test_brackets_and_commas_in_texts_do_not_count(text: str, value: object) -> None:
    sent = [text * MOST_VALUES, value]
    assert json_in(orjson.dumps(sent)) == sent


@pytest.mark.parametrize("part", [[], {}, [[]], {"a": {}}])
def test_so_many_parts_are_read_and_one_more_is_not(part: object) -> None:
    each = orjson.dumps(part).count(b"[") + orjson.dumps(part).count(b"{")
    fitting = [part] * ((MOST_PARTS - 1) // each)
    assert json_in(orjson.dumps(fitting)) == fitting
    for text in ("", "[", '"', "\\"):  # whatever texts there are beside
        with pytest.raises(BodyTooLarge):
            json_in(orjson.dumps([text, *fitting, part, part]))


def test_so_many_values_and_names_are_read_and_one_more_is_not() -> None:
    assert len(json_in(orjson.dumps([1] * (MOST_VALUES + 1)))) == MOST_VALUES + 1
    names: dict[str, list[int]] = {str(n): [] for n in range(MOST_NAMES)}
    assert json_in(orjson.dumps([[names]])) == [[names]]
    for many in ([1] * (MOST_VALUES + 2), [[{**names, "more": 1}]]):
        with pytest.raises(BodyTooLarge):
            json_in(orjson.dumps(many))


@pytest.mark.parametrize("broken", [b'"' + b'\\"' * MOST_VALUES, b"[" * 9 + b'"\\', b'{"a": "\xff"}'])
def test_broken_json_is_no_json(broken: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        json_in(broken)
    with pytest.raises(BodyTooLarge):
        json_in(b"[" * (MOST_PARTS + 1) + broken)
