"""The main call: every form of data, every kind of bad input, and what the atlas then shows."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import torchatlas as ta
from torchatlas.errors import CaptureError, DataError, RunError, TorchAtlasError
from torchatlas.measure.findings import RULES

HOSTILE = "<script>alert(1)</script>"


def classifier() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))


def pairs(count: int = 96) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(count, 4, generator=generator)
    return inputs, (inputs[:, 0] > 0).long() + (inputs[:, 1] > 0).long()


def unmeasured(atlas: ta.Atlas) -> list[str]:
    """What was not measured, leaving out the rules that had too little to go by."""
    return [gap.what for gap in atlas.gaps if gap.what not in RULES]


def gap_reasons(atlas: ta.Atlas, what: str) -> list[str]:
    return [gap.reason for gap in atlas.gaps if gap.what == what]


class Rows(Dataset[Any]):
    """A map-style dataset with names for its classes, as torchvision's have."""

    classes = ("low", "middle", "high")

    def __len__(self) -> int:
        return 96

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        inputs, targets = pairs()
        return inputs[index], int(targets[index])


FORMS = {
    "loader": lambda: DataLoader(TensorDataset(*pairs()), batch_size=32, shuffle=True),
    "dataset": Rows,
    "pair": pairs,
    "list of batches": lambda: [pairs(), pairs()],
}


@pytest.mark.parametrize("form", FORMS)
def test_data_with_targets_in_every_form_give_all_measurements(form: str) -> None:
    atlas = ta.visualize_model(classifier(), FORMS[form]())
    assert unmeasured(atlas) == []
    assert set(atlas.table("distributions")["quantity"]) == {"parameter", "activation", "gradient"}
    metrics = atlas.table("evaluation").set_index("metric")
    assert metrics.loc["loss", "value"] > 0
    assert metrics.loc["accuracy", "samples"] == (192 if form == "list of batches" else 96)
    assert atlas.table("confusion")["count"].sum() == metrics.loc["accuracy", "samples"]
    assert atlas.table("cost").set_index("node").loc["0", "time_s"] > 0


@pytest.mark.parametrize("inputs", [pairs()[0], (pairs()[0],), {"input": pairs()[0]}])
def test_inputs_alone_give_all_but_what_needs_targets(inputs: Any) -> None:
    atlas = ta.visualize_model(classifier(), inputs)
    assert gap_reasons(atlas, "gradient") == ["no gradients: the data has no targets"]
    assert gap_reasons(atlas, "evaluation") == [
        "the train data could not be judged: the data has no targets"
    ]
    assert set(atlas.table("distributions")["quantity"]) == {"parameter", "activation"}


def test_a_hugging_face_batch_is_taken_by_keyword_and_its_own_loss_is_used() -> None:
    Output = namedtuple("Output", ["loss", "logits"])

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(20, 8)
            self.head = nn.Linear(8, 3)

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor | None = None,
            labels: torch.Tensor | None = None,
        ) -> Any:
            assert attention_mask is not None
            logits = self.head(self.embed(input_ids) * attention_mask[..., None])
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
            return Output(loss, logits)

    batch = {
        "input_ids": torch.randint(0, 20, (4, 6)),
        "attention_mask": torch.ones(4, 6),
        "labels": torch.randint(0, 3, (4, 6)),
    }
    atlas = ta.visualize_model(Tagger(), batch)
    assert unmeasured(atlas) == []
    assert atlas.graph is not None
    assert "input:input_ids" in atlas.graph.nodes
    assert int(atlas.table("confusion")["count"].sum()) == 24


def test_float_targets_are_judged_by_mean_squared_error() -> None:
    inputs, _ = pairs()
    atlas = ta.visualize_model(nn.Linear(4, 1), (inputs, inputs[:, 0]))
    assert set(atlas.table("evaluation")["metric"]) == {
        "loss",
        "mean absolute error",
        "root mean squared error",
        "R²",
    }
    assert gap_reasons(atlas, "evaluation") == []


def test_a_loss_of_ones_own_is_used_and_must_be_a_scalar() -> None:
    data = pairs()
    own = ta.visualize_model(classifier(), data, loss=lambda y, t: y.square().mean() + 0 * t.sum())
    assert own.table("evaluation").set_index("metric").loc["loss", "value"] < 1
    vector = ta.visualize_model(classifier(), data, loss=lambda y, _: y.square())
    assert gap_reasons(vector, "evaluation") == [
        "the loss returned a tensor of shape (96, 3), not a scalar tensor; "
        "take the mean over the batch"
    ]


def test_train_and_test_are_evaluated_apart_and_classes_named() -> None:
    atlas = ta.visualize_model(classifier(), Rows(), test=pairs(40))
    samples = atlas.table("evaluation").query("metric == 'accuracy'").set_index("split")["samples"]
    assert samples.to_dict() == {"train": 96, "test": 40}
    assert atlas.run.classes == ("low", "middle", "high")


def test_include_chooses_what_is_measured() -> None:
    atlas = ta.visualize_model(classifier(), pairs(), include=["parameters"])
    derived = {"nodes", "edges", "flop_coverage", "folds", "findings"}
    assert set(atlas.tables) == derived | {"parameters", "distributions"}
    with pytest.raises(TorchAtlasError, match="include does not know 'everything'; choose among"):
        ta.visualize_model(classifier(), pairs(), include="everything")


def test_without_data_the_modules_and_parameters_are_shown() -> None:
    atlas = ta.visualize_model(classifier())
    assert atlas.graph is not None
    assert list(atlas.graph.nodes) == [".", "0", "1", "2"]
    assert len(atlas.table("distributions")) == 4
    assert gap_reasons(atlas, "activation") == ["no data were given"]


def test_a_model_without_parameters_has_no_gradients_and_says_so() -> None:
    inputs, targets = torch.randn(8, 3), torch.randint(0, 3, (8,))
    atlas = ta.visualize_model(nn.Softmax(dim=1), (inputs, targets))
    assert gap_reasons(atlas, "gradient") == [
        "no gradients: nothing that the loss rests on can be trained"
    ]
    assert len(atlas.table("evaluation")) == 2


def test_an_empty_loader_leaves_the_structure_and_says_why() -> None:
    atlas = ta.visualize_model(classifier(), [])
    assert gap_reasons(atlas, "evaluation") == [
        "the train data has no batches: the loader is empty"
    ]
    assert len(atlas.table("parameters")) == 4


def test_a_batch_without_examples_gives_no_figures_and_says_so() -> None:
    inputs, targets = pairs()
    atlas = ta.visualize_model(classifier(), (inputs[:0], targets[:0]))
    (reason,) = gap_reasons(atlas, "gradient")
    assert reason == "batch 0 of the train data holds no examples: the shape of its inputs is 0×4"
    assert atlas.findings == ()


def test_wrong_shapes_keep_the_graph_up_to_the_failing_node() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(9, 2))
    atlas = ta.visualize_model(model, pairs())
    assert atlas.graph is not None
    assert atlas.graph.capture.failed_node == "2/linear:0"
    assert "1/relu:0" in atlas.graph.nodes
    (reason,) = gap_reasons(atlas, "activation")
    assert reason.startswith("the model raised at 2/linear:0: RuntimeError")
    assert len(atlas.table("parameters")) == 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (3, "the train data is a int; hand over a DataLoader"),
        (iter([]), "the train data is an iterator, which can be read only once"),
        ("cifar10", "the train data is a str"),
    ],
)
def test_what_is_no_data_is_refused(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        ta.visualize_model(classifier(), data)


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([["a", "b"]], "batch 0 of the train data holds no tensors, it is a list of str"),
        ([torch.empty(2, 4, device="meta")], "is on the meta device"),
    ],
)
def test_batches_that_cannot_be_used_are_gaps(batches: Any, message: str) -> None:
    assert message in gap_reasons(ta.visualize_model(classifier(), batches), "activation")[0]


def test_a_loader_that_fails_halfway_says_where() -> None:
    class Torn(Dataset[Any]):
        def __len__(self) -> int:
            return 8

        def __getitem__(self, index: int) -> torch.Tensor:
            if index == 5:
                raise OSError("disk gone")
            return torch.ones(4)

    atlas = ta.visualize_model(classifier(), DataLoader(Torn(), batch_size=2))
    assert gap_reasons(atlas, "activation") == [
        "batch 2 of the train data could not be loaded: OSError: disk gone"
    ]


def test_targets_out_of_range_name_the_range() -> None:
    inputs, targets = pairs()
    atlas = ta.visualize_model(classifier(), (inputs, targets + 2))
    (reason,) = gap_reasons(atlas, "evaluation")
    assert reason.startswith("the targets go from 2 to 4, and the model scores 3 classes (0 to 2)")


def test_a_model_on_the_meta_device_is_drawn_and_the_rest_are_gaps() -> None:
    atlas = ta.visualize_model(classifier().to("meta"), pairs())
    assert atlas.graph is not None
    assert atlas.graph.capture.status == "complete"
    assert "fake tensors" in gap_reasons(atlas, "evaluation")[0]
    assert len(gap_reasons(atlas, "parameter")) == 4


def test_nan_weights_are_found_at_their_origin() -> None:
    model = classifier()
    with torch.no_grad():
        model[2].weight[0, 0] = float("nan")
    atlas = ta.visualize_model(model, pairs())
    found = {f.view: f for f in atlas.findings if f.rule == "nonfinite"}
    assert found["parameters"].nodes == ("2",)
    assert found["activations"].nodes[0] == "2"
    assert found["activations"].severity == "error"


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(CaptureError, match=r"the model is a type, not a torch\.nn\.Module"):
        ta.visualize_model(nn.Linear, pairs())  # type: ignore[arg-type]


def test_hostile_names_are_data() -> None:
    class Hostile(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.add_module(HOSTILE, nn.Linear(4, 3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.get_submodule(HOSTILE)(x)

    atlas = ta.visualize_model(Hostile(), pairs(), classes=[HOSTILE, "b", "c"])
    assert atlas.graph is not None
    assert HOSTILE in atlas.graph.nodes


def test_a_report_is_one_file_and_can_be_read_back(tmp_path: Path) -> None:
    atlas = ta.visualize_model(classifier(), Rows())
    path = atlas.save(tmp_path / "report.html")
    again = ta.load(path)
    assert again.graph is not None
    assert again.graph.nodes == atlas.graph.nodes  # type: ignore[union-attr]
    assert again.table("evaluation").equals(atlas.table("evaluation"))
    assert list(tmp_path.iterdir()) == [path]
    same = ta.load(atlas.save(tmp_path / "data.json"))
    assert same.findings == atlas.findings


class Stream(torch.utils.data.IterableDataset[Any]):
    """Data of which nobody knows beforehand how many there are."""

    def __iter__(self) -> Iterator[Any]:
        inputs, targets = pairs()
        return iter(list(zip(inputs, targets, strict=True)))


def test_test_data_of_unknown_length_are_evaluated() -> None:
    atlas = ta.visualize_model(classifier(), pairs(), test=DataLoader(Stream(), batch_size=4))
    assert set(atlas.table("evaluation")["split"]) == {"train", "test"}


def test_empty_test_data_are_a_gap() -> None:
    atlas = ta.visualize_model(classifier(), pairs(), test=[])
    reasons = [gap.reason for gap in atlas.gaps if gap.what == "evaluation"]
    assert "the test data has no batches: the loader is empty" in reasons


def test_saving_says_what_it_cannot_do(tmp_path: Path) -> None:
    atlas = ta.visualize_model(classifier())
    with pytest.raises(RunError, match=r"no format 'excel'; choose json, dot, .*csv, parquet"):
        atlas.save(tmp_path / "x", format="excel")
    with pytest.raises(RunError, match=r"cannot save as '\.xlsx': use \.html, \.svg, \.png"):
        atlas.save(tmp_path / "x.xlsx")
    with pytest.raises(RunError, match="could not write"):
        atlas.save(tmp_path / "missing" / "x.json")
    with pytest.raises(RunError, match="there is no file or folder"):
        ta.load(tmp_path / "nothing")
    (tmp_path / "page.html").write_text("<p>hello")
    with pytest.raises(RunError, match="no report saved by TorchAtlas"):
        ta.load(tmp_path / "page.html")


def test_tables_carry_units_and_unknown_ones_are_named() -> None:
    atlas = ta.visualize_model(classifier(), pairs())
    frame = atlas.table("cost")
    assert frame.attrs["units"]["time_s"] == "s"
    assert "multiply-add" in frame.attrs["meanings"]["flops"]
    assert atlas.table("scalars").empty
    with pytest.raises(RunError, match="there is no table 'costs'; the tables are nodes, edges"):
        atlas.table("costs")


def test_a_notebook_gets_a_sandboxed_frame() -> None:
    shown = ta.visualize_model(classifier())._repr_html_()
    assert shown.startswith('<iframe title="TorchAtlas: Sequential" sandbox="allow-scripts')
    assert "<script" not in shown


def test_a_loader_draws_the_same_order_afterwards() -> None:
    generator = torch.Generator().manual_seed(5)
    own = DataLoader(TensorDataset(*pairs()), batch_size=32, shuffle=True, generator=generator)
    plain = DataLoader(TensorDataset(*pairs()), batch_size=32, shuffle=True)
    before = (generator.get_state(), torch.get_rng_state())
    for loader in (own, plain):
        ta.visualize_model(classifier(), loader, test=loader)
    assert torch.equal(generator.get_state(), before[0])
    torch.manual_seed(0)  # what `classifier` set
    classifier()
    expected = torch.get_rng_state()
    ta.visualize_model(classifier(), plain)
    assert torch.equal(torch.get_rng_state(), expected)


def test_a_loss_that_raises_leaves_the_rest() -> None:
    atlas = ta.visualize_model(classifier(), pairs(), loss=nn.BCEWithLogitsLoss())
    assert gap_reasons(atlas, "evaluation")[0].startswith("the loss raised ValueError: Target size")
    assert len(atlas.table("parameters")) == 4


def test_a_backward_that_raises_leaves_the_rest() -> None:
    class Refuses(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("one way only")

    class OneWay(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return Refuses.apply(self.inner(x))

    atlas = ta.visualize_model(OneWay(), pairs())
    assert gap_reasons(atlas, "gradient") == ["backward raised RuntimeError: one way only"]
    assert len(atlas.table("evaluation")) == 2


def test_one_score_with_a_loss_of_ones_own_is_a_binary_classifier() -> None:
    inputs, targets = pairs()

    def binary(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        wanted = targets.clamp(max=1).float()
        return nn.functional.binary_cross_entropy_with_logits(outputs[:, 0], wanted)

    atlas = ta.visualize_model(nn.Linear(4, 1), (inputs, targets), loss=binary)
    assert unmeasured(atlas) == []
    assert atlas.table("evaluation")["metric"].tolist() == ["loss"]


def test_targets_to_be_ignored_do_not_count() -> None:
    inputs, targets = pairs()
    model = classifier()
    targets = targets.masked_fill(torch.arange(96) % 2 == 0, -100)
    atlas = ta.visualize_model(model, (inputs, targets))
    expected = nn.functional.cross_entropy(model(inputs), targets).item()
    metrics = atlas.table("evaluation").set_index("metric")
    assert metrics.loc["loss", "value"] == pytest.approx(expected)
    assert metrics.loc["accuracy", "samples"] == 48


def test_a_compiled_model_is_measured_as_what_it_wraps() -> None:
    compiled = torch.compile(classifier())
    atlas = ta.visualize_model(compiled, pairs())
    assert unmeasured(atlas) == []
    assert set(atlas.table("parameters")["node"]) == {"0", "2"}
    assert not [f for f in atlas.findings if f.rule == "unused_parameter"]


def test_scores_of_nan_are_no_predictions() -> None:
    model = classifier()
    with torch.no_grad():
        model[2].weight.fill_(float("nan"))
    atlas = ta.visualize_model(model, pairs())
    assert "accuracy" not in atlas.table("evaluation")["metric"].tolist()
    assert gap_reasons(atlas, "evaluation") == [
        "train: 96 examples have NaN for a score, which is no prediction"
    ]


def test_a_lazy_model_says_what_to_do() -> None:
    with pytest.raises(CaptureError, match=r"has no shape yet \(a lazy module\); run one batch"):
        ta.visualize_model(nn.Sequential(nn.LazyLinear(3)), pairs())


def test_a_batch_as_a_loader_yields_it_is_one_batch() -> None:
    batch = next(iter(DataLoader(TensorDataset(*pairs()), batch_size=32)))
    atlas = ta.visualize_model(classifier(), batch)
    assert unmeasured(atlas) == []
    assert atlas.table("confusion")["count"].sum() == 32


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(DataError, match="batches is 1 or more, not 0"):
        ta.visualize_model(classifier(), pairs(), batches=0)
    with pytest.raises(DataError, match="test data were given without data"):
        ta.visualize_model(classifier(), test=pairs())
    with pytest.raises(DataError, match="no split was given"):
        ta.evaluate(classifier(), {})


def test_reports_that_are_damaged_or_of_a_later_version_are_refused(tmp_path: Path) -> None:
    path = ta.visualize_model(classifier()).save(tmp_path / "x.json")
    later = path.read_text().replace('"schema_version": 1', '"schema_version": 99')
    (tmp_path / "later.json").write_text(later)
    with pytest.raises(RunError, match="was written by a later TorchAtlas"):
        ta.load(tmp_path / "later.json")


def test_a_model_that_raises_is_an_error_and_not_healthy() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(9, 2))
    found = ta.visualize_model(model, pairs()).findings[0]
    assert (found.rule, found.severity) == ("failed_forward", "error")
    assert found.nodes == ("2/linear:0",)


def test_a_recording_joins_and_that_of_another_model_is_refused(tmp_path: Path) -> None:
    model, (inputs, targets) = classifier(), pairs()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with ta.record(tmp_path / "run", model, optimizer=optimizer) as recorder:
        for _ in range(3):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), targets)
            loss.backward()
            optimizer.step()
            recorder.log(loss=loss)
    atlas = ta.visualize_model(model, (inputs, targets), run=tmp_path / "run")
    assert list(atlas.table("scalars")["name"]).count("loss") == 3
    rows = atlas.plot("gradients", "text").count("0.weight")
    assert rows == 1
    with pytest.raises(RunError, match="was recorded from another model: "):
        ta.visualize_model(nn.Linear(4, 3), (inputs, targets), run=tmp_path / "run")


class Both(nn.Module):
    """A model of two inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 3)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return self.head(left + right)


@pytest.mark.parametrize("form", ["nested", "flat", "by name", "loader"])
def test_a_model_of_two_inputs_takes_its_data_in_every_form(form: str) -> None:
    inputs, targets = pairs()
    data = {
        "nested": ((inputs, inputs), targets),
        "flat": (inputs, inputs, targets),
        "by name": ({"left": inputs, "right": inputs}, targets),
        "loader": DataLoader([((x, x), y) for x, y in zip(inputs, targets, strict=True)], 32),
    }[form]
    atlas = ta.visualize_model(Both(), data)
    assert unmeasured(atlas) == []
    assert atlas.graph is not None
    assert {"input:left", "input:right"} <= set(atlas.graph.nodes)
    assert atlas.table("confusion")["count"].sum() == 96


def test_a_parameter_that_the_loss_leaves_out_is_found_beside_one_that_learns() -> None:
    class Half(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used = nn.Parameter(torch.ones(4, 3))
            self.detached = nn.Parameter(torch.ones(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x @ self.used + self.detached.detach()

    found = [
        f for f in ta.visualize_model(Half(), pairs()).findings if f.rule == "unused_parameter"
    ]
    assert [f.title for f in found] == ["The loss does not depend on detached"]


def test_a_sparse_gradient_is_a_gradient() -> None:
    model = nn.Sequential(nn.Embedding(10, 4, sparse=True), nn.Flatten(), nn.Linear(8, 3))
    atlas = ta.visualize_model(model, (torch.randint(0, 10, (96, 2)), pairs()[1]))
    assert unmeasured(atlas) == []
    assert not [f for f in atlas.findings if f.rule == "unused_parameter"]
