"""Around trouble: the last steps in full, and where it began. And what modules put out."""

import copy
import math

import pytest
import torch
from tests.capture.test_recorder import INPUTS, LABELS, MemoryStore, make_model, record
from torch import nn
from torch.nn import functional

from torchatlas.capture import step_taker
from torchatlas.capture.cadence import Cadence
from torchatlas.capture.loss_watch import LEAST, LossWatch


class Divides(nn.Module):
    """Divides by what `at` says, at one step."""

    def __init__(self):
        super().__init__()
        self.divisor = 1.0

    def forward(self, inputs):
        return inputs / self.divisor


def model_with(middle):
    return nn.Sequential(nn.Linear(6, 8), middle, nn.Linear(8, 3))


def run(store, model, steps, trip, **options):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with record(store, model, optimizer=optimizer, **options) as recorder:
        for step in range(1, steps + 1):
            optimizer.zero_grad()
            trip(step)
            loss = functional.cross_entropy(model(INPUTS), LABELS)
            loss.backward()
            optimizer.step()
            recorder.log(loss=loss)
    return recorder


def test_the_origin_of_non_finite_values_is_found_in_the_step_itself():
    middle = Divides()
    model, store = model_with(middle), MemoryStore()
    before = {}

    def trip(step):
        middle.divisor = 0.0 if step == 5 else 1.0
        before[step] = model[0].weight.detach().clone()

    run(store, model, 5, trip, budget=0, activations=None)
    told = store.runs[-1].facts["trouble at step 5"]
    assert told == "gradients are not finite; the first output that is not finite is that of 1"
    outputs = {t for q, t, *_, step in store.summaries if (q, step) == ("activation", 5)}
    assert outputs == {"1/output", "2/output", "./output"}
    gradients = {t: s for q, t, _, s, step in store.summaries if (q, step) == ("gradient", 5)}
    assert set(gradients) == {name for name, _ in model.named_parameters()}
    assert gradients["0.weight"].nan == 48
    assert {t for q, t, _, _, _, _, step in store.norms if step == 5} == set(gradients)
    assert not any(module._forward_hooks for module in model.modules())


def test_a_gradient_that_alone_is_not_finite_has_a_finite_forward_pass():
    model, store = model_with(nn.ReLU()), MemoryStore()
    handle = model[2].weight.register_hook(lambda gradient: gradient * math.nan)
    model[0].weight.register_hook(lambda gradient: gradient * math.nan)
    run(store, model, 1, lambda _: None, budget=0)
    handle.remove()
    told = store.runs[-1].facts["trouble at step 1"]
    assert told.endswith("every output of the forward pass is finite")


def test_the_origin_is_looked_for_under_the_autocast_of_the_training():
    model, store = model_with(nn.ReLU()), MemoryStore()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with record(store, model, optimizer=optimizer, budget=0):
        inputs = INPUTS * 1e6  # too large for half precision alone
        with torch.autocast("cpu", dtype=torch.float16):
            outputs = model(inputs)
        outputs.float().square().mean().backward()
        optimizer.step()
    told = store.runs[-1].facts["trouble at step 1"]
    assert told.endswith("the first output that is not finite is that of 0")
    assert not torch.is_autocast_enabled("cpu")


def test_inputs_that_are_gone_are_not_kept_alive():
    middle = Divides()
    model, store = model_with(middle), MemoryStore()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with record(store, model, optimizer=optimizer, budget=0):
        middle.divisor = 0.0
        inputs = INPUTS.clone()
        loss = functional.cross_entropy(model(inputs), LABELS)
        loss.backward()
        del inputs
        optimizer.step()
    assert "the inputs are gone" in store.runs[-1].facts["trouble at step 1"]


def test_a_loss_spike_is_looked_at_in_full_with_the_steps_after_it():
    store, model = MemoryStore(), nn.Linear(500, 100, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    inputs = torch.randn(4, 500)
    with record(store, model, optimizer=optimizer, budget=0, sample=100) as recorder:
        for step in range(LEAST + 6):
            optimizer.zero_grad()
            model(inputs).square().mean().backward()
            optimizer.step()
            recorder.log(loss=50.0 if step == LEAST + 1 else 1.0 + step % 2 / 100)
    spike = LEAST + 2
    assert "standard deviations above the mean" in store.runs[-1].facts[f"trouble at step {spike}"]
    full = [step for q, _, n, s, step in store.summaries if q == "gradient" and s.count == n]
    assert full == [spike, spike + 1, spike + 2]


def test_a_loss_that_stays_at_another_level_is_told_once_and_a_nan_after_it_still_is():
    store, model = MemoryStore(), model_with(nn.ReLU())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with record(store, model, optimizer=optimizer, budget=0) as recorder:
        for step in range(1, 161):
            optimizer.zero_grad()
            model(INPUTS).square().mean().backward()
            optimizer.step()
            loss = (10.0 if step > 40 else 1.0) + step % 2 / 100 + 50.0 * (step == 120)
            recorder.log(loss=math.nan if step in (121, 160) else loss)
    facts = store.runs[-1].facts
    troubles = [fact for fact in facts if fact.startswith("trouble")]
    assert troubles == [f"trouble at step {step}" for step in (41, 120, 121, 160)]
    assert facts["trouble at step 160"] == "the loss is nan"
    full = [(t, step) for q, t, *_, step in store.summaries if q == "gradient"]
    assert len(full) == len(set(full))


def test_spikes_use_up_nothing_of_what_is_kept_for_nan():
    store, model = MemoryStore(), model_with(nn.ReLU())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with record(store, model, optimizer=optimizer, budget=0) as recorder:
        for step in range(1, 201):
            optimizer.step()
            loss = 1.0 + step % 2 / 100 + 50.0 * (step > LEAST and step % 10 == 0)
            recorder.log(loss=math.nan if step == 200 else loss)
    troubles = [fact for fact in store.runs[-1].facts if fact.startswith("trouble")]
    assert len(troubles) == 9
    assert troubles[-1] == "trouble at step 200"


def test_after_a_rewind_steps_are_as_usual_and_new_trouble_is_told():
    middle, store = Divides(), MemoryStore()
    model = model_with(middle)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    state = copy.deepcopy(model.state_dict())

    def train(steps, broken_at=None):
        for step in range(1, steps + 1):
            optimizer.zero_grad()
            middle.divisor = 0.0 if step == broken_at else 1.0
            functional.cross_entropy(model(INPUTS), LABELS).backward()
            optimizer.step()
        model.load_state_dict(state)

    with record(store, model, optimizer=optimizer, budget=0, activations=None) as recorder:
        train(40, broken_at=40)
        recorder.rewind(10)
        abandoned = len(store.summaries)
        train(12)
        assert len(store.summaries) == abandoned
        train(1, broken_at=1)
    troubles = [name for name in store.runs[-1].facts if name.startswith("trouble")]
    assert troubles == ["trouble at step 40", "trouble at step 23"]
    assert {step for *_, step in store.summaries[abandoned:]} == {23}


def test_looks_kept_back_before_a_rewind_are_not_written_after_it(monkeypatch):
    monkeypatch.setattr(Cadence, "is_due", lambda self, kind, step: kind == "norms")
    monkeypatch.setattr(step_taker, "DENSE_STEPS", 1)  # most looks are kept back
    store, model = MemoryStore(), nn.Linear(6, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with record(store, model, optimizer=optimizer, activations=None) as recorder:
        for _ in range(15):
            model(INPUTS).square().mean().backward()
            optimizer.step()
        recorder.rewind(2)
        abandoned = len(store.norms)
        model.weight.grad.fill_(math.nan)
        optimizer.step()
    assert {step for *_, step in store.norms[abandoned:]} == {3}


def test_a_training_that_stays_broken_is_told_of_a_few_times_only():
    model, store = model_with(nn.ReLU()), MemoryStore()
    recorder = run(store, model, 60, lambda step: model[0].weight.data.fill_(math.nan), budget=0)
    assert recorder.step == 60
    assert sum(name.startswith("trouble") for name in store.runs[-1].facts) == 8


def test_the_watch_knows_a_spike_from_noise():
    watch = LossWatch()
    assert [watch.judge(1.0 + i % 3 / 10) for i in range(100)] == [""] * 100
    assert watch.judge(1.3) == ""
    assert "above the mean of the 101 steps" in watch.judge(3.0)
    assert watch.judge(float("nan")) == "the loss is nan"
    assert LossWatch().judge(1e9) == ""  # too early to say


@pytest.mark.parametrize(
    ("choice", "nodes"),
    [
        ("default", {"0", "1", "2", "4"}),
        (None, set()),
        ("all", {".", "0", "1", "2", "3", "4"}),
        (["0", "4"], {"0", "4"}),
        ("[12]", {"1", "2"}),
        (nn.ReLU, {"2"}),
    ],
)
def test_activations_are_those_of_the_chosen_modules(choice, nodes):
    model, store = make_model(), MemoryStore()
    run(store, model, 6, lambda _: None, every=3, activations=choice)
    seen = {(t, step) for q, t, *_, step in store.summaries if q == "activation"}
    assert seen == {(f"{node}/output", step) for node in nodes for step in (3, 6)}


def test_activations_are_of_the_training_pass_and_its_values():
    model, store = nn.Sequential(nn.Linear(6, 8), nn.ReLU()), MemoryStore()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with record(store, model, optimizer=optimizer, every=1, activations=nn.ReLU) as recorder:
        optimizer.step()
        recorder.evaluate({"test": (INPUTS, LABELS)})
        output = model(INPUTS)
        model(2 * INPUTS)  # a second micro-batch
        expected = float(output.detach().double().norm())
        output.sum().backward()
        optimizer.step()
    ((elements, summary),) = [(n, s) for q, _, n, s, _ in store.summaries if q == "activation"]
    assert elements == 24 * 8
    assert summary.norm == pytest.approx(expected, rel=1e-5)


def test_a_module_called_twice_has_a_row_a_call():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(6, 6)
            self.head = nn.Linear(6, 3)

        def forward(self, inputs):
            return self.head(self.layer(self.layer(inputs)))

    store = MemoryStore()
    run(store, Twice(), 2, lambda _: None, every=2, activations="layer")
    assert [t for q, t, *_ in store.summaries if q == "activation"] == [
        "layer/output",
        "layer#1/output",
    ]
