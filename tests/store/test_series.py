"""Tensor summaries through an event and back: nothing is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.run import TensorSummary, to_json
from torchatlas.store.events import Event, Value, decode, encode
from torchatlas.store.series import read_scalar, read_summary, scalar_value, summary_values

numbers = st.lists(st.floats(width=32, allow_nan=True, allow_infinity=True), max_size=40)


@given(numbers)
def test_a_summary_comes_back_exactly(values):
    summary = TensorSummary.of(np.array(values, np.float32))
    event = decode(encode(Event(0.0, 9, summary_values("gradient", "fc.weight", 100, summary))))
    bins, figures = event.values
    point = read_summary(bins, figures.numbers, event.step)
    assert (point.quantity, point.tensor, point.step, point.elements) == (
        "gradient",
        "fc.weight",
        9,
        100,
    )
    assert to_json(point.summary) == to_json(summary)


def test_the_histogram_is_sorted_and_counts_every_finite_value():
    summary = TensorSummary.of(np.array([-3.0, -0.5, 0.0, 0.0, 0.25, 7.0, np.nan]))
    bins, _ = summary_values("parameter", "w", 7, summary)
    left, right, counts = bins.numbers.T
    assert (np.diff(left) > 0).all()
    assert (left[1:] >= right[:-1]).all()
    assert counts.tolist() == [1, 1, 2, 1, 1]
    assert bins.numbers[2].tolist() == [0.0, 0.0, 2.0]


@pytest.mark.parametrize(
    ("name", "split"), [("loss", "train"), ("lr/group 0", "train"), ("a/b/c", "test")]
)
def test_a_scalar_tag_comes_apart_at_its_last_slash(name, split):
    point = read_scalar(scalar_value(name, split, 0.5), step=3, time_s=1.0)
    assert (point.name, point.split, point.step, point.value) == (name, split, 3, 0.5)


def test_a_tag_without_slash_has_no_split():
    point = read_scalar(Value("loss", np.array(1.0)), step=0, time_s=0.0)
    assert (point.name, point.split) == ("loss", None)


@pytest.mark.parametrize(
    ("bins", "figures"),
    [
        (Value("no slash", np.zeros((1, 3))), np.zeros(12)),
        (Value("a/b", np.zeros((1, 2))), np.zeros(12)),
        (Value("a/b", np.zeros((1, 3))), np.zeros(5)),
    ],
)
def test_what_does_not_fit_is_no_summary(bins, figures):
    assert read_summary(bins, figures, step=0) is None
