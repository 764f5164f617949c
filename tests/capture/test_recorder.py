"""The recorder: what it writes, and that training does not notice it."""

import copy
import warnings
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import torchatlas as ta
from torchatlas.capture.cadence import Cadence
from torchatlas.capture.recorder import SAMPLE, Recorder
from torchatlas.run import TensorSummary, to_json

INPUTS = torch.linspace(-1, 1, 24 * 6).reshape(24, 6)
LABELS = torch.arange(24) % 3


class MemoryStore:
    """Keeps what is recorded; `failing` names the methods that raise."""

    folder = "memory"

    def __init__(self, *failing):
        self.failing, self.scalars, self.summaries, self.runs = failing, [], [], []
        self.norms, self.gaps, self.rewound = [], [], []
        self.closed, self.earlier, self.step = False, None, 0

    def add_norms(self, quantity, names, elements, sampled, norms, nonfinite, step):
        self._fail("add_norms")
        rows = zip(names, elements, sampled, norms, nonfinite, strict=True)
        self.norms += [(quantity, *row, step) for row in rows]

    def add_gap(self, gap):
        self._fail("add_gap")
        self.gaps.append(gap)

    def rewind(self, first_step):
        self._fail("rewind")
        self.rewound.append(first_step)

    def add_scalar(self, name, split, value, step):
        self._fail("add_scalar")
        self.scalars.append((name, split, value, step))

    def add_summary(self, quantity, tensor, elements, summary, step):
        self._fail("add_summary")
        self.summaries.append((quantity, tensor, elements, summary, step))

    def flush(self):
        self._fail("flush")

    def describe(self, run):
        self._fail("describe")
        self.runs.append(run)

    def close(self):
        self.closed = True
        self._fail("close")

    def _fail(self, method):
        if method in self.failing:
            raise OSError(28, f"no space in {method}")


def make_model():
    return nn.Sequential(
        nn.Linear(6, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3)
    )


OWN = ("learning rate", "recording cost", "skipped steps")
"""Scalars that the recorder writes by itself."""


def logged(store):
    return [scalar for scalar in store.scalars if not scalar[0].startswith(OWN)]


def train(model, optimizer, steps=6, recorder=None, interrupt_at=None):
    for step in range(1, steps + 1):
        model.train()
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(INPUTS), LABELS)
        loss.backward()
        optimizer.step()
        if recorder is not None:
            recorder.log(loss=loss)
            if step % 2 == 0:
                recorder.evaluate({"test": (INPUTS, LABELS)})
        if step == interrupt_at:
            raise KeyboardInterrupt


@pytest.fixture
def every_step(monkeypatch):
    """Distributions at every step, whatever they cost."""
    monkeypatch.setattr(Cadence, "is_due", lambda self, kind, step: True)


def record(store, model, **options):
    """A recorder that writes to a store in memory."""
    return Recorder(lambda _: store, model, **options)


def test_training_is_bit_identical_with_and_without(every_step):
    plain, watched = make_model(), None
    watched = copy.deepcopy(plain)
    optimizers = [torch.optim.Adam(m.parameters(), lr=0.1) for m in (plain, watched)]

    torch.manual_seed(7)
    train(plain, optimizers[0])
    state = torch.get_rng_state()

    torch.manual_seed(7)
    store = MemoryStore()
    with record(store, watched, optimizer=optimizers[1], example=(INPUTS, LABELS)) as recorder:
        train(watched, optimizers[1], recorder=recorder)

    assert store.summaries
    assert torch.equal(torch.get_rng_state(), state)
    for (name, left), right in zip(
        plain.state_dict().items(), watched.state_dict().values(), strict=True
    ):
        assert torch.equal(left, right), name
    for left, right in zip(*(o.state_dict()["state"].values() for o in optimizers), strict=True):
        assert all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.parametrize(
    ("interrupt_at", "leaving"), [(None, nullcontext()), (3, pytest.raises(KeyboardInterrupt))]
)
def test_leaving_takes_every_hook_away(interrupt_at, leaving):
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = hooks_of(model, optimizer)
    with (
        leaving,
        record(MemoryStore(), model, optimizer=optimizer, example=INPUTS) as recorder,
    ):
        assert hooks_of(model, optimizer) != before
        train(model, optimizer, recorder=recorder, interrupt_at=interrupt_at)
    assert hooks_of(model, optimizer) == before


def hooks_of(model, optimizer):
    names = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    counts = [len(getattr(module, name)) for module in model.modules() for name in names]
    return [*counts, len(optimizer._optimizer_step_post_hooks)]


def test_steps_are_those_of_the_optimizer():
    model, store = make_model(), MemoryStore()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with record(store, model, optimizer=optimizer) as recorder:
        train(model, optimizer, steps=2)  # a step without a log still counts
        recorder.log(loss=1.5, accuracy=torch.tensor([0.25]))
        recorder.log(split="test", loss=np.float32(0.5))
        train(model, optimizer, steps=1)
        assert recorder.step == 3
    assert logged(store) == [
        ("loss", "train", 1.5, 2),
        ("accuracy", "train", 0.25, 2),
        ("loss", "test", 0.5, 2),
    ]
    assert store.closed


def test_without_an_optimizer_each_train_log_is_a_step():
    store = MemoryStore()
    with record(store, make_model()) as recorder:
        recorder.log(loss=1.0)
        recorder.log(loss=2.0)
        recorder.log(split="test", loss=3.0)
    assert [(split, step) for _, split, _, step in store.scalars] == [
        ("train", 1),
        ("train", 2),
        ("test", 2),
    ]


def test_a_loss_with_history_is_logged_without_a_warning():
    model, store = make_model(), MemoryStore()
    with record(store, model) as recorder:
        recorder.log(loss=functional.cross_entropy(model(INPUTS), LABELS))
    assert len(store.scalars) == 1
    assert store.runs[-1].gaps == ()


def test_distributions_are_of_the_values_at_that_step(every_step):
    model, store = nn.Linear(4, 2), MemoryStore()
    model.weight.data = torch.arange(8.0).reshape(2, 4) / 8  # so that sums are exact
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    with record(store, model, optimizer=optimizer):
        at_start = TensorSummary.of(model.weight.detach().numpy())
        model(torch.ones(3, 4)).sum().backward()
        optimizer.step()
        at_one = TensorSummary.of(model.weight.detach().numpy())
        model.weight.data.zero_()
    taken = {(q, t, step): (n, s) for q, t, n, s, step in store.summaries}
    weight = {step: taken["parameter", "weight", step] for step in (0, 1)}
    assert weight[0][0] == 8
    assert to_json(weight[0][1]) == to_json(at_start)
    assert to_json(weight[1][1]) == to_json(at_one)
    gradient = taken["gradient", "weight", 1][1]
    assert (gradient.count, gradient.minimum, gradient.maximum) == (8, 3.0, 3.0)


def test_the_end_is_summarized_when_the_budget_allowed_none_in_between():
    model, store = nn.Linear(4, 2), MemoryStore()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    with record(store, model, optimizer=optimizer, budget=0):
        for _ in range(8):
            optimizer.step()
    assert sorted({step for *_, step in store.summaries}) == [0, 8]


def test_large_tensors_are_sampled_and_say_so():
    store = MemoryStore()
    with record(store, nn.Linear(1000, 200, bias=False)):
        pass
    ((_, _, elements, summary, _),) = store.summaries
    assert elements == 200_000
    assert SAMPLE / 4 < summary.count <= SAMPLE


def test_evaluation_notes_loss_and_accuracy_and_returns_the_counts():
    model, store = make_model(), MemoryStore()
    model.train()
    with record(store, model) as recorder:
        outcomes = recorder.evaluate({"train": (INPUTS, LABELS), "test": (INPUTS[:6], LABELS[:6])})
        assert model.training
    model.eval()
    with torch.no_grad():
        loss = float(functional.cross_entropy(model(INPUTS), LABELS))
        accuracy = float((model(INPUTS).argmax(1) == LABELS).float().mean())
    assert store.scalars[:2] == [
        ("loss", "train", pytest.approx(loss), 0),
        ("accuracy", "train", pytest.approx(accuracy), 0),
    ]
    assert {split: outcome.samples for split, outcome in outcomes.items()} == {
        "train": 24,
        "test": 6,
    }


def test_a_split_that_cannot_be_evaluated_is_a_gap_and_the_others_are_measured():
    store = MemoryStore()
    with (
        pytest.warns(RuntimeWarning, match=r"the evaluation on bad could not be recorded"),
        record(store, make_model()) as recorder,
    ):
        outcomes = recorder.evaluate({"bad": (INPUTS[:, :2], LABELS), "good": (INPUTS, LABELS)})
    assert set(outcomes) == {"good"}
    (gap,) = store.runs[-1].gaps
    assert (
        "the evaluation on bad could not be recorded: CaptureError: the model raised" in gap.reason
    )


@pytest.mark.parametrize("method", ["add_scalar", "add_summary", "flush", "describe", "close"])
def test_a_fault_of_the_store_is_told_once_and_training_goes_on(every_step, method):
    model, store = make_model(), MemoryStore(method)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with record(store, model, optimizer=optimizer) as recorder:
            train(model, optimizer, steps=4, recorder=recorder)
    assert recorder.step == 4
    told = [str(w.message) for w in caught]
    assert told
    assert len(told) == len(set(told))
    assert all(text.endswith("Training goes on without it.") for text in told)
    assert all(f"no space in {method}" in text for text in told)
    if method not in ("describe", "close"):
        assert any(f"no space in {method}" in gap.reason for gap in store.runs[-1].gaps)


def test_a_value_that_is_no_number_is_a_gap():
    store = MemoryStore()
    with (
        pytest.warns(RuntimeWarning, match=r"the scalar loss could not be recorded: ValueError"),
        record(store, make_model()) as recorder,
    ):
        recorder.log(loss="low", accuracy=1.0)
    assert [name for name, *_ in store.scalars] == ["accuracy"]


def test_the_warning_points_at_the_training_code():
    with (
        pytest.warns(RuntimeWarning, match="the scalar loss") as caught,
        record(MemoryStore(), make_model()) as recorder,
    ):
        recorder.log(loss="low")
    assert caught[0].filename == __file__


def test_where_warnings_are_errors_training_goes_on(capsys):
    store = MemoryStore()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with record(store, make_model()) as recorder:
            recorder.log(loss="low", accuracy=1.0)
    assert [name for name, *_ in store.scalars] == ["accuracy"]
    assert "the scalar loss could not be recorded" in capsys.readouterr().err


def test_an_error_of_the_training_is_not_swallowed():
    store = MemoryStore()
    with pytest.raises(ZeroDivisionError), record(store, make_model()) as recorder:
        recorder.log(loss=1 / 0)
    assert store.runs[-1].facts["ended by"] == "ZeroDivisionError"


def test_ctrl_c_in_the_middle_leaves_a_readable_run(tmp_path):
    model = make_model()
    optimizer = torch.optim.Adam(model.parameters())
    with (
        pytest.raises(KeyboardInterrupt),
        ta.record(tmp_path, model, optimizer=optimizer, example=INPUTS) as recorder,
    ):
        train(model, optimizer, recorder=recorder, interrupt_at=3)
    atlas = ta.load(tmp_path)
    assert atlas.run.facts["ended by"] == "KeyboardInterrupt"
    assert atlas.run.facts["steps"] == "3"
    losses = [row for row in atlas.tables["scalars"].rows() if row["name"] == "loss"]
    assert sorted((row["step"], row["split"]) for row in losses) == [
        (1, "train"),
        (2, "test"),
        (2, "train"),
        (3, "train"),
    ]
    assert "0" in atlas.graph.nodes


def test_a_killed_process_leaves_a_readable_run(tmp_path):
    model = make_model()
    recorder = ta.record(tmp_path, model, example=INPUTS).__enter__()
    recorder.log(loss=1.0)  # and nothing after it: no exit, no close
    atlas = ta.load(tmp_path)
    assert atlas.tables["scalars"].cells["value"] == [1.0]
    assert atlas.graph.capture.status == "complete"
    recorder.__exit__(None, None, None)


def test_facts_say_what_was_run(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/home/me/train.py", "--name", "a b"])
    torch.manual_seed(1234)
    model, store = make_model(), MemoryStore()
    optimizer = torch.optim.SGD(
        [{"params": model[0].parameters(), "lr": 0.5}, {"params": model[4].parameters()}], lr=0.1
    )
    with record(store, model, optimizer=optimizer) as recorder:
        recorder.note(seed=1234, data="digits")
    facts = store.runs[-1].facts
    assert facts["torch seed"] == "1234"
    assert (facts["seed"], facts["data"]) == ("1234", "digits")
    assert facts["command"] == "train.py --name 'a b'"
    assert facts["device"] == "cpu"
    assert facts["torch"] == torch.__version__
    assert facts["optimizer"].startswith("SGD(lr=0.5, ")
    assert "; lr=0.1, " in facts["optimizer"]
    assert facts["recording"] == (
        "not measured; distributions at start and end, of at most 16384 values a tensor"
    )


def test_the_cost_is_measured_on_itself(every_step):
    model, store = make_model(), MemoryStore()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with record(store, model, optimizer=optimizer) as recorder:
        assert recorder.cost_share is None
        train(model, optimizer, steps=5, recorder=recorder)
        assert 0 < recorder.cost_share < 1
    assert " of the training time; distributions every " in store.runs[-1].facts["recording"]


def test_without_an_example_the_run_has_the_tree_of_modules():
    store = MemoryStore()
    with record(store, make_model()):
        pass
    graph = store.runs[0].graph
    assert graph.capture.status == "partial"
    assert "no example was given" in graph.capture.notes[0]
    assert "4" in graph.nodes


def test_an_example_that_the_model_cannot_take_leaves_a_partial_graph():
    store = MemoryStore()
    with record(store, make_model(), example=torch.ones(2, 5)):
        pass
    (gap,) = store.runs[-1].gaps
    assert gap.what == "graph"
    assert gap.reason.startswith("the model raised at 0")
    assert store.runs[-1].graph.capture.status == "partial"


def test_an_example_of_no_known_form_is_a_gap():
    store = MemoryStore()
    with (
        pytest.warns(RuntimeWarning, match=r"the graph could not be recorded: DataError"),
        record(store, make_model(), example=5),
    ):
        pass
    assert store.runs[-1].model.parameter_count == 91
    assert store.runs[-1].gaps[0].what == "recording"


def test_a_parameter_without_real_values_is_one_gap(every_step):
    model, store = nn.Linear(2, 2, bias=False, dtype=torch.complex64), MemoryStore()
    with record(store, model) as recorder:
        recorder.log(loss=1.0)
    (gap,) = store.runs[-1].gaps
    assert gap.what == "parameter"
    assert gap.reason.startswith("weight has no distribution: its dtype (torch.complex64)")


def test_what_is_handed_over_wrongly_is_refused_before_training():
    with pytest.raises(ta.CaptureError, match=r"budget is a share .* 0 to 1, not 5"):
        record(MemoryStore(), make_model(), budget=5)
    with pytest.raises(ta.CaptureError, match=r"the model is a dict, not a torch\.nn\.Module"):
        record(MemoryStore(), {})
    with pytest.raises(ta.CaptureError, match=r"the recorder is not running: use it as `with"):
        record(MemoryStore(), make_model()).log(loss=1.0)


def test_a_folder_that_cannot_be_written_is_told_before_training(tmp_path):
    (tmp_path / "run").write_text("")
    recorder = ta.record(tmp_path / "run", make_model())
    with pytest.raises(ta.RunError, match=r"it is a file, not a folder"), recorder:
        pytest.fail("training began")


def test_the_recording_joins_what_is_measured_later_without_doubles(tmp_path):
    model = make_model()
    optimizer = torch.optim.Adam(model.parameters())
    with ta.record(tmp_path, model, optimizer=optimizer, example=INPUTS) as recorder:
        train(model, optimizer, recorder=recorder)
    atlas = ta.visualize_model(model, (INPUTS, LABELS), run=tmp_path)
    rows = atlas.tables["distributions"].rows()
    keys = [(r["node"], r["tensor"], r["quantity"], r["step"]) for r in rows]
    assert len(keys) == len(set(keys))
    assert {0, 6} <= {step for *_, step in keys}
    names = [name for name in atlas.tables["scalars"].cells["name"] if not name.startswith(OWN)]
    assert len(names) == 6 + 3 * 2
