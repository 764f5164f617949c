from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torchatlas.views.render.names import one_line, short, wrapped
from torchatlas.views.render.sheet import fitted


def test_what_steers_a_terminal_or_turns_the_text_is_written_out() -> None:
    assert one_line("a\x1b[31m\nb") == "a\\x1b[31m\\nb"
    assert one_line("a\u202eb\u2028") == "a\\u202eb\\u2028"
    assert one_line("層 émile ∂") == "層 émile ∂"


def test_the_middle_of_a_long_name_goes_first() -> None:
    assert short("layer1.0.conv1.weight", 12) == "laye….weight"
    assert short("fc", 12) == "fc"


@given(st.text(max_size=80), st.integers(3, 60))
def test_short_is_never_longer_than_asked(name: str, most: int) -> None:
    assert len(short(name, most)) <= most


def test_wide_characters_take_two_columns() -> None:
    assert fitted("層層層", 5) == "層層 "
    assert fitted("ab", 4, right=True) == "  ab"


def test_sentences_are_wrapped() -> None:
    assert wrapped("one two three four five six", 20) == "one two three four\nfive six"
