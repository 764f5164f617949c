"""Channel summaries: merging, figures, and the cells that they become."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.measure.findings.runs import run_of

from torchatlas.capture.summarize_channels import channel_dim, summarize_channels
from torchatlas.capture.tensor_values import NotSummarizable
from torchatlas.run import ChannelSummary, Table, channel_row, from_json, to_json
from torchatlas.store.tables import encode_table, read_table

FIELDS = tuple(ChannelSummary.__dataclass_fields__)


def assert_same(one: ChannelSummary, other: ChannelSummary) -> None:
    for name in FIELDS:
        left, right = getattr(one, name), getattr(other, name)
        if name.startswith("total"):
            scale = 1e-5 * max(float(np.max(one.total_absolute, initial=0)), 1e-30)
            np.testing.assert_allclose(left, right, rtol=1e-5, atol=scale, err_msg=name)
        else:
            np.testing.assert_array_equal(left, right, err_msg=name)


def test_literal_channels() -> None:
    nan, inf = float("nan"), float("inf")
    rows = torch.tensor([[1.0, 0.0, nan, inf], [-3.0, 0.0, nan, 8.0], [5.0, 0.0, nan, -7.0]])
    found = summarize_channels(rows, dim=1)
    assert (found.channels, found.values) == (4, 3)
    assert found.minimum.tolist() == [-3, 0, inf, -7]
    assert found.maximum.tolist() == [5, 0, -inf, 8]
    assert found.mean.tolist()[:2] == [1, 0]
    assert np.isnan(found.mean[2])
    assert found.mean[3] == pytest.approx(0.5)
    assert found.mean_absolute.tolist()[:2] == [3, 0]
    assert found.std[0] == pytest.approx(np.std([1, -3, 5]))
    assert found.nonfinite.tolist() == [0, 0, 3, 1]
    assert found.zero.tolist() == [0, 3, 0, 0]
    assert found.positive.tolist() == [2, 0, 0, 1]
    assert found.beyond.tolist() == [0, 0, 0, 2]
    assert found.dead == 1
    np.testing.assert_array_equal(found.largest, [5, 0, nan, 8])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_images_are_summed_up_by_channel(dtype: torch.dtype) -> None:
    images = torch.randn(4, 3, 5, 6).to(dtype)
    found = summarize_channels(images)
    values = images.double().movedim(1, 0).flatten(1).numpy()
    assert found.values == 120
    np.testing.assert_allclose(found.mean, values.mean(1), atol=1e-5)
    np.testing.assert_allclose(found.std, values.std(1), rtol=1e-4)
    np.testing.assert_allclose(found.mean_absolute, np.abs(values).mean(1), rtol=1e-5)
    assert found.largest.tolist() == np.abs(values).max(1).tolist()
    np.testing.assert_allclose(found.active, (values > 0).mean(1))


def test_sums_do_not_overflow() -> None:
    found = summarize_channels(torch.full((8, 2), 1e30))
    np.testing.assert_allclose(found.total_squares, 8e60, rtol=1e-5)


@given(st.lists(st.lists(st.floats(width=32), min_size=2, max_size=2), max_size=9), st.integers(0))
def test_merging_is_the_summary_of_the_concatenation(rows: list[list[float]], cut: int) -> None:
    tensor = torch.tensor(rows, dtype=torch.float64).reshape(-1, 2)
    where = cut % (len(rows) + 1)
    parts = [summarize_channels(part, dim=1) for part in (tensor[:where], tensor[where:])]
    whole = summarize_channels(tensor, dim=1)
    assert_same(ChannelSummary.merged(parts), whole)
    assert_same(ChannelSummary.merged(parts[::-1]), whole)


def test_other_channels_are_not_merged() -> None:
    with pytest.raises(ValueError, match="2 channels and 3 cannot be merged"):
        ChannelSummary.empty(2).merge(ChannelSummary.empty(3))


def test_nothing_is_made_up_of_no_values() -> None:
    found = summarize_channels(torch.zeros(0, 4))
    assert (found.channels, found.values, found.dead) == (4, 0, 0)
    assert np.isnan(found.mean).all()
    assert np.isnan(found.active).all()


def test_weights_of_a_norm_are_a_channel_each() -> None:
    found = summarize_channels(torch.tensor([1.0, -2.0]), dim=0)
    assert (found.channels, found.values) == (2, 1)
    assert found.mean.tolist() == [1, -2]
    assert found.std.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.ones(2, 2, dtype=torch.complex64), "has no single order"),
        (torch.ones(2, 2, device="meta"), "it has no values"),
        (torch.eye(2).to_sparse(), "not held here as one dense tensor"),
        (torch.tensor(1.0), "it has 0 dimensions and no dimension 1"),
    ],
)
def test_what_has_no_channels_says_why(tensor: torch.Tensor, reason: str) -> None:
    with pytest.raises(NotSummarizable, match=reason):
        summarize_channels(tensor)


def test_where_the_units_are() -> None:
    assert channel_dim(torch.zeros(8, 3, 4, 4), channels_first=False) == 1
    assert channel_dim(torch.zeros(8, 16), channels_first=False) == 1
    assert channel_dim(torch.zeros(8, 10, 16), channels_first=False) == 2
    assert channel_dim(torch.zeros(8, 16, 10), channels_first=True) == 1
    assert channel_dim(torch.zeros(5), channels_first=False) == 0


def table(*summaries: ChannelSummary | None) -> Table:
    rows = [{"node": "a"} | (channel_row(s) if s else {}) for s in summaries]
    return run_of(channels=rows).tables["channels"]


def test_cells_survive_file_and_json(tmp_path: object) -> None:
    summary = summarize_channels(torch.tensor([[1 / 3, float("nan")], [2.0, float("nan")]]))
    made = table(summary, None, summarize_channels(torch.ones(1, 3)))
    path = tmp_path / "channels.npz"  # type: ignore[operator]
    path.write_bytes(encode_table(made))
    for read in (read_table(path), from_json(Table, to_json(made))):
        mean = read.cells["mean"]
        np.testing.assert_array_equal(mean[0], np.array([1.167, np.nan], np.float32))
        assert mean[1] is None
        assert mean[2].tolist() == [1, 1, 1]
        assert read.cells["nonfinite"] == [1, None, 0]


def test_json_has_no_more_digits_than_are_known() -> None:
    cells = to_json(table(summarize_channels(torch.tensor([[1 / 3, 1e30]]))))["cells"]
    assert cells["mean"][0] == [0.3333, 1e30]
    bad = table(summarize_channels(torch.tensor([[float("inf")]])))
    assert to_json(bad)["cells"]["mean"] == [["NaN"]]
