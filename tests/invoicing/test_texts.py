"""Text from outside is cut, and says so; nothing in it gives orders to a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing import errors
from invoicing.texts import (
    LONGEST_MESSAGE,
    LONGEST_QUOTED,
    one_line,
    printable,
    shortened,
    shortened_message,
)

ALPHABETS = st.text(st.sampled_from("ab '\"“”‘’?\\.\n\t\x1b"), min_size=1, max_size=6)


def test_a_text_is_cut_at_its_length_and_says_so() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"


@pytest.mark.parametrize(("opened", "closed"), ["“”", "''", '""', "  "])
def test_what_a_sentence_quotes_is_cut(opened: str, closed: str) -> None:
    message = shortened_message(f"The customer's {opened}{'x' * 5_000}{closed} is no id.")
    assert message == f"The customer's {opened}{'x' * 199}…{closed} is no id."


def test_a_long_sentence_of_our_own_stays_whole() -> None:
    sentence = "The customer's name and the seller's are on it. " * 15
    assert shortened_message(sentence) == sentence


@settings(max_examples=300)
@given(unit=ALPHABETS, size=st.sampled_from([300, 1_000, 900_000]))
def test_no_more_of_a_huge_text_is_repeated_than_two_hundred_characters(unit: str, size: int) -> None:
    sent = (unit * size)[:size]
    message = shortened_message(f"The value “{sent}” is not acceptable; send another.")
    assert len(message) <= LONGEST_MESSAGE
    if size > LONGEST_MESSAGE:
        assert "…" in message
        assert sent[: LONGEST_QUOTED + len(unit) + 2] not in message  # it may go on as our own words do


def test_a_refusal_cuts_what_it_names() -> None:
    refusal = errors.NotFound(f"There is no order {'x' * 900_000}.", field="y" * 900_000, ids=["z" * 900_000])
    assert len(str(refusal)) < 300
    assert (len(str(refusal.field)), [len(id) for id in refusal.ids]) == (255, [255])


def test_every_sentence_of_ours_stays_whole() -> None:
    reasons = [each for each in vars(errors).values() if isinstance(each, type)]
    for reason in reasons:
        if issubclass(reason, errors.InvoicingError):
            assert str(reason()) == reason.__doc__


@given(st.text())
def test_one_line_has_no_control_characters(text: str) -> None:
    assert not {chr(code) for code in (*range(32), *range(127, 160))} & set(one_line(text))
    assert not {chr(code) for code in (*range(9), 11, 12, *range(13, 32), *range(127, 160))} & set(
        printable(text)
    )


def test_what_can_be_printed_is_not_changed() -> None:
    assert one_line("Zoë, 東京, 😀 – é") == printable("Zoë, 東京, 😀 – é") == "Zoë, 東京, 😀 – é"
    assert one_line("\x1b[2Ja\r\nb\u202ec\x9bd") == "[2Ja b c d"
    assert printable("a\n\tb\x1b[0m") == "a\n\tb\ufffd[0m"
