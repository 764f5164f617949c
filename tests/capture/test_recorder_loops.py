"""The recorder in the loops that people write: what a step is, and whose gradients it sees."""

import copy
import io
import pickle

import pytest
import torch
from tests.capture.test_recorder import (
    INPUTS,
    LABELS,
    MemoryStore,
    every_step,  # noqa: F401 (a fixture)
    hooks_of,
    make_model,
    record,
)
from torch import nn
from torch.nn import functional
from torch.optim import optimizer as optimizer_module

import torchatlas as ta
from torchatlas.capture.step_watch import everywhere


def taken(store, quantity):
    """Norms by tensor and step."""
    return {(name, step): norm for q, name, _, _, norm, _, step in store.norms if q == quantity}


def steps_of(store, quantity="gradient"):
    return sorted({step for q, *_, step in store.norms if q == quantity})


def backward(model, scale=1.0):
    (functional.cross_entropy(model(INPUTS), LABELS) * scale).backward()


@pytest.mark.usefixtures("every_step")
class TestLoops:
    def test_micro_batches_are_one_step_with_the_whole_gradient(self):
        model, store = nn.Linear(6, 3), MemoryStore()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with record(store, model, optimizer=optimizer) as recorder:
            for _ in range(4):
                backward(model, 1 / 4)
            whole = float(model.weight.grad.norm())
            optimizer.step()
        assert recorder.step == 1
        assert taken(store, "gradient") == {
            ("weight", 1): pytest.approx(whole),
            ("bias", 1): pytest.approx(float(model.bias.grad.norm())),
        }

    def test_two_optimizers_that_take_turns_are_one_step(self):
        model, store = nn.ModuleDict({"a": nn.Linear(6, 3), "b": nn.Linear(6, 3)}), MemoryStore()
        a, b = (torch.optim.SGD(part.parameters(), lr=0.1) for part in model.values())
        with record(store, model, optimizer=[a, b]) as recorder:
            for step in (1, 2, 3):
                for part, optimizer in ((model["a"], a), (model["b"], b)):
                    backward(part)
                    optimizer.step()
                assert recorder.step == step
        assert set(taken(store, "gradient")) == {
            (f"{part}.{name}", step)
            for part in "ab"
            for name in ("weight", "bias")
            for step in (1, 2, 3)
        }

    def test_one_that_steps_more_often_counts(self):
        model, store = nn.ModuleDict({"a": nn.Linear(6, 3), "b": nn.Linear(6, 3)}), MemoryStore()
        a, b = (torch.optim.SGD(part.parameters(), lr=0.1) for part in model.values())
        with record(store, model, optimizer=[a, b]) as recorder:
            for optimizer in (a, a, a, b, a):
                optimizer.step()
        assert recorder.step == 4

    def test_optimizers_that_are_not_handed_over_are_found(self):
        model, other, store = make_model(), nn.Linear(1, 1), MemoryStore()
        with record(store, model) as recorder:
            mine = torch.optim.Adam(model.parameters())
            foreign = torch.optim.Adam(other.parameters())
            for _ in range(3):
                backward(model)
                mine.step()
                foreign.step()
                recorder.log(loss=1.0)
        assert recorder.step == 3
        assert steps_of(store) == [1, 2, 3]
        mine.step()
        assert recorder.step == 3  # nothing listens any more

    def test_a_new_optimizer_for_a_new_phase_begins_a_step(self):
        model, store = nn.Linear(6, 3), MemoryStore()
        with record(store, model) as recorder:
            for _ in range(3):
                optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                for _ in range(2):
                    backward(model)
                    optimizer.step()
        assert recorder.step == 6
        assert steps_of(store) == [1, 2, 3, 4, 5, 6]

    def test_two_that_are_found_and_take_turns_are_one_step(self):
        model, store = nn.ModuleDict({"a": nn.Linear(6, 3), "b": nn.Linear(6, 3)}), MemoryStore()
        optimizers = [torch.optim.SGD(part.parameters(), lr=0.1) for part in model.values()]
        with record(store, model) as recorder:
            for _ in range(3):
                for optimizer in optimizers:
                    optimizer.step()
        assert recorder.step == 3

    def test_a_closure_gives_the_gradient_of_its_last_call(self):
        model, store = nn.Linear(6, 3), MemoryStore()
        optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)

        def closure():
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(INPUTS), LABELS)
            loss.backward()
            return loss

        with record(store, model, optimizer=optimizer) as recorder:
            optimizer.step(closure)
            last = float(model.weight.grad.norm())
            optimizer.step(closure)
        assert recorder.step == 2
        assert taken(store, "gradient")["weight", 1] == pytest.approx(last)

    def test_an_optimizer_in_backward_is_seen_though_its_gradients_are_gone(self):
        model, store = nn.Linear(6, 3), MemoryStore()
        optimizers = {p: torch.optim.SGD([p], lr=0.1) for p in model.parameters()}
        expected = copy.deepcopy(model)
        backward(expected)

        def step(parameter):
            optimizers[parameter].step()
            optimizers[parameter].zero_grad()

        handles = [p.register_post_accumulate_grad_hook(step) for p in model.parameters()]
        with record(store, model, optimizer=optimizers) as recorder:
            backward(model)
            backward(model)
        assert model.weight.grad is None
        assert recorder.step == 2
        norms = taken(store, "gradient")
        assert norms["weight", 1] == pytest.approx(float(expected.weight.grad.norm()))
        assert ("bias", 2) in norms
        for handle in handles:
            handle.remove()

    def test_scaled_gradients_are_seen_unscaled_and_steps_left_out_are_noted(self):
        model, store = nn.Linear(6, 3), MemoryStore()
        expected = copy.deepcopy(model)
        backward(expected)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        with record(store, model, optimizer=optimizer, scaler=scaler) as recorder:
            for overflow in (False, True, False):
                optimizer.zero_grad()
                loss = functional.cross_entropy(model(INPUTS), LABELS)
                scaler.scale(loss).backward()
                if overflow:
                    model.weight.grad[0, 0] = torch.inf
                scaler.step(optimizer)
                scaler.update()
            pickle.loads(pickle.dumps(scaler)).state_dict()
            copy.deepcopy(scaler).state_dict()
        assert recorder.step == 2
        assert ("skipped steps", "train", 1, 1) in store.scalars
        assert store.runs[-1].facts["skipped steps"].startswith("1, ")
        for step in (1, 2):
            norm = taken(store, "gradient")["weight", step]
            assert norm == pytest.approx(float(expected.weight.grad.norm()), rel=1e-5)
        assert "step" not in vars(scaler)

    @pytest.mark.parametrize("is_given", [True, False])
    def test_steps_of_an_optimizer_that_is_not_followed_are_not_left_out(self, is_given):
        model, other, store = nn.Linear(6, 3), nn.Linear(6, 3), MemoryStore()
        own, foreign = (torch.optim.SGD(m.parameters(), lr=0.1) for m in (model, other))
        scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
        given = own if is_given else None
        with record(store, model, optimizer=given, scaler=scaler) as recorder:
            for overflow in (False, True):
                for part, optimizer in ((other, foreign), (model, own)):
                    optimizer.zero_grad()
                    scaler.scale(functional.cross_entropy(part(INPUTS), LABELS)).backward()
                    if overflow:
                        part.weight.grad[0, 0] = torch.inf
                    scaler.step(optimizer)
                scaler.update()
        assert recorder.step == 1
        assert store.runs[-1].facts["skipped steps"].startswith("1, ")

    def test_a_fused_optimizer_unscales_by_itself(self):
        model, store = nn.Linear(6, 3), MemoryStore()
        expected = copy.deepcopy(model)
        backward(expected)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.0, fused=True)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        with record(store, model, optimizer=optimizer, scaler=scaler) as recorder:
            for overflow in (False, True):
                optimizer.zero_grad()
                scaler.scale(functional.cross_entropy(model(INPUTS), LABELS)).backward()
                if overflow:
                    model.weight.grad[0, 0] = torch.inf
                scaler.step(optimizer)
                scaler.update()
        assert recorder.step == 1
        norm = taken(store, "gradient")["weight", 1]
        assert norm == pytest.approx(float(expected.weight.grad.norm()), rel=1e-5)
        assert ("skipped steps", "train", 1, 1) in store.scalars
        (summary,) = [s for q, t, _, s, _ in store.summaries if (q, t) == ("gradient", "weight")]
        assert summary.norm == pytest.approx(norm, rel=1e-4)

    def test_frozen_parts_have_no_gradient_until_they_are_unfrozen(self):
        model, store = make_model(), MemoryStore()
        model[0].requires_grad_(False)
        optimizer = torch.optim.SGD(model[1:].parameters(), lr=0.1)
        with record(store, model, optimizer=optimizer):
            backward(model)
            optimizer.step()
            model[0].requires_grad_(True)
            optimizer.add_param_group({"params": model[0].parameters(), "lr": 0.01})
            backward(model)
            optimizer.step()
        gradients = taken(store, "gradient")
        assert ("0.weight", 1) not in gradients
        assert ("0.weight", 2) in gradients
        assert ("0.weight", 1) in taken(store, "parameter")

    def test_updates_are_what_the_step_changed(self):
        model, store = nn.Linear(300, 200), MemoryStore()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        with record(store, model, optimizer=optimizer):
            model.weight.grad = torch.randn(200, 300)
            before = model.weight.detach().clone()
            optimizer.step()
        true = float((model.weight.detach() - before).norm())
        rows = {n: row for q, n, *row in store.norms if q == "update"}
        elements, sampled, norm, nonfinite, step = rows["weight"]
        assert (elements, nonfinite, step) == (60_000, 0, 1)
        assert 1_000 < sampled <= 4_096
        assert norm == pytest.approx(true, rel=0.1)

    def test_a_model_that_grows_and_changes_shape(self):
        model, store = nn.Sequential(nn.Linear(6, 3)), MemoryStore()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with record(store, model, optimizer=optimizer):
            backward(model)
            optimizer.step()
            model.append(nn.Linear(3, 3))
            optimizer.add_param_group({"params": model[1].parameters()})
            model[0].bias = nn.Parameter(torch.zeros(3, 1).squeeze(1))
            backward(model)
            optimizer.step()
        assert ("1.weight", 2) in taken(store, "gradient")
        assert ("1.weight", 1) not in taken(store, "parameter")
        names = store.runs[-1].tables["parameters"].cells["tensor"]
        assert {"0.weight", "1.weight"} <= set(names)
        assert "structure changed by step 1" in store.runs[-1].facts
        assert store.runs[-1].gaps == ()


def test_recorders_that_start_and_end_while_another_training_steps_do_not_disturb_it():
    with record(MemoryStore(), make_model()):
        pass  # the pair of hooks in torch is there from now on
    count = len(optimizer_module._global_optimizer_pre_hooks)
    other = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)
    model, recorders = make_model(), []

    def start_one(*_):  # as another thread may, in the middle of this step
        recorders.append(record(MemoryStore(), model).start())

    def end_one(*_):
        recorders.pop().close()

    handles = [
        optimizer_module.register_optimizer_step_pre_hook(start_one),
        optimizer_module.register_optimizer_step_post_hook(end_one),
    ]
    try:
        other.step()
    finally:
        for handle in handles:
            handle.remove()
    assert recorders == []
    assert everywhere.listeners == ()
    assert len(optimizer_module._global_optimizer_pre_hooks) == count


def test_learning_rates_are_told_when_they_change():
    model, store = make_model(), MemoryStore()
    optimizer = torch.optim.SGD(
        [
            {"params": model[0].parameters(), "lr": 0.5},
            {"params": model[4].parameters(), "lr": 0.1, "name": "head"},
        ]
    )
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3, gamma=0.5)
    with record(store, model, optimizer=optimizer):
        for _ in range(5):
            optimizer.step()
            schedule.step()
    rates = [(n, v, s) for n, _, v, s in store.scalars if n.startswith("learning rate")]
    assert [row for row in rates if "head" in row[0]] == [
        ("learning rate, group head", 0.1, 1),
        ("learning rate, group head", 0.1, 3),
        ("learning rate, group head", 0.05, 4),
        ("learning rate, group head", 0.05, 5),
    ]
    assert ("learning rate, group 0", 0.25, 4) in rates


def test_a_compiled_model_is_recorded_under_its_own_names():
    model, store = make_model(), MemoryStore()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with record(store, compiled, optimizer=optimizer, every=1) as recorder:
        for _ in range(3):
            backward(compiled)
            optimizer.step()
    assert recorder.step == 3
    assert {name for q, name, *_ in store.summaries if q == "gradient"} == {
        name for name, _ in model.named_parameters()
    }
    assert hooks_of(model, optimizer)[-1] == 0


@pytest.mark.parametrize("every", [1, 10])
def test_that_a_compiled_model_shows_no_activations_is_told(every):
    model, store = make_model(), MemoryStore()
    compiled = torch.compile(model, backend="eager")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    backward(compiled)
    with record(store, compiled, optimizer=optimizer, every=every):
        for _ in range(30):
            backward(compiled)
            optimizer.step()
    (reason,) = (gap.reason for gap in store.gaps if gap.what == "activation")
    assert reason.startswith("no activations: the model is compiled")


def test_copies_and_pickles_of_a_recorded_model_have_nothing_of_the_recorder():
    model, store = make_model(), MemoryStore()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with record(store, model, optimizer=optimizer, every=1):
        optimizer.step()  # the next pass is looked at: there are hooks in the model now
        assert any(module._forward_hooks for module in model.modules())
        twin = copy.deepcopy(model)
        file = io.BytesIO()
        torch.save(model, file)
        copy.deepcopy(optimizer), pickle.dumps(optimizer)
        before = len(store.summaries)
        backward(twin)
        assert len(store.summaries) == before
    assert b"torchatlas" not in file.getvalue()
    file.seek(0)
    loaded = torch.load(file, weights_only=False)
    assert loaded.eval()(INPUTS).shape == (24, 3)


def test_by_hand_and_closed_twice():
    model, store = make_model(), MemoryStore()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = hooks_of(model, optimizer)
    recorder = record(store, model, optimizer=optimizer)
    recorder.close()  # not started: nothing to close
    assert recorder.start() is recorder
    optimizer.step()
    recorder.close()
    recorder.close()
    assert store.closed
    assert hooks_of(model, optimizer) == before
    runs = len(store.runs)
    recorder.log(loss=1.0)
    assert len(store.runs) == runs
    with pytest.raises(ta.CaptureError, match="a recorder records one training"):
        recorder.start()


def test_what_is_no_optimizer_or_scaler_is_refused():
    with pytest.raises(ta.CaptureError, match=r"a dict_keys was given as an optimizer"):
        record(MemoryStore(), make_model(), optimizer={}.keys())
    with pytest.raises(ta.CaptureError, match=r"a float was given as a scaler"):
        record(MemoryStore(), make_model(), scaler=1.0)
    with pytest.raises(ta.CaptureError, match=r"no module .* called '9'"):
        record(MemoryStore(), make_model(), activations="9")
    with pytest.raises(ta.CaptureError, match=r"every is a number of steps, 1 or more, not 0"):
        record(MemoryStore(), make_model(), every=0)
