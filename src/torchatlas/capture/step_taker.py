"""Looks at a model while its optimizers step: when, and at what."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch
from torch import nn

from torchatlas.capture.activation_watch import ActivationWatch, Choice
from torchatlas.capture.cadence import Cadence
from torchatlas.capture.guard import Guard
from torchatlas.capture.harmless import HarmlessHook
from torchatlas.capture.learning_rates import LearningRates
from torchatlas.capture.look import Look, LookStore
from torchatlas.capture.ranks import WINDOW, Ranks, is_sharded
from torchatlas.capture.step_watch import StepWatch
from torchatlas.capture.summary_slab import SummarySlab
from torchatlas.capture.trouble import Kind, Trouble
from torchatlas.run import Gap

BOTH = frozenset({"norms", "distributions"})

DENSE_STEPS = 4_096
"""Up to this step every look at norms is written; from then on half of them, and so on, so that a
training of any length has some thousand of each tensor."""


class StepStore(LookStore, Protocol):
    """Where looks and learning rates are written to."""

    def add_scalar(self, name: str, split: str, value: float, step: int) -> None:
        """Add one value of a series."""


class StepTaker:
    """Counts rounds of optimizer steps, and looks at some of them.

    With several optimizers a step is a round: it begins when one of them steps that has stepped in
    the last round already, or one that was just found and trains what was stepped in it (a new
    optimizer for a new phase). Two that take turns, or one for each parameter, so count once.

    Attributes:
        step: rounds done.
        heard: steps of single optimizers.
        skipped: steps that were left out because gradients had overflowed (AMP).
        distributions_at: the last step of which distributions of all parameters were taken.
        only_counts: whether looking was given up, because nothing can be written.
        is_seen: whether steps are counted here: there is an optimizer.
        trouble: what went wrong, and what is kept of it.
    """

    def __init__(
        self,
        model: nn.Module,
        outer: nn.Module,
        watch: StepWatch,
        cadence: Cadence,
        guard: Guard,
        ranks: Ranks,
        spending: Callable[[], AbstractContextManager[None]],
        *,
        sample: int | None,
        quantities: frozenset[str],
        activations: Choice,
    ) -> None:
        """Prepare; nothing is hooked yet.

        Args:
            model: whose parameters are looked at.
            outer: what the training calls: the model, or what DDP or the compiler put around it.
            spending: a context whose time is counted as recording.
            sample: values of a tensor that are looked at, at most; None for all.
            quantities: those of which distributions are taken.
            activations: see `chosen_modules`.
        """
        self.step = self.heard = self.skipped = 0
        self.distributions_at = -1
        self.only_counts = False
        self.is_seen = watch.given
        self.trouble = Trouble(model)
        self._model, self._outer, self._watch = model, outer, watch
        self._cadence, self._guard, self._ranks = cadence, guard, ranks
        self._spending = spending
        self._sample, self._quantities = sample, quantities
        slab = SummarySlab(sample=sample)
        self._activations = ActivationWatch(model, activations, slab, self._activation_cost)
        self._activation_s = 0.0
        self._rates = LearningRates()
        self._handles: list[Any] = []
        self._weights: dict[str, torch.Tensor] = {}
        self._names: dict[int, str] = {}
        self._trained: dict[int, dict[str, torch.Tensor]] = {}
        self._round: set[int] = set()
        self._known: set[int] = set()
        self._leaving_out: set[int] = set()
        self._look: Look | None = None
        self._closed: list[Look] = []
        self._waiting: deque[Look] = deque()
        self._on_change: Callable[[], None] = lambda: None
        self._store: StepStore
        self._flush: Callable[[], None]

    def write_to(self, store: StepStore, flush: Callable[[], None]) -> None:
        """What is looked at goes here from now on; `flush` makes it safe."""
        self._store, self._flush = store, flush

    def start(self, on_change: Callable[[], None]) -> None:
        """Hook optimizers and the model's call; `on_change` hears of new or lost parameters."""
        self._on_change = on_change
        self._refresh()
        self._plan_ahead(self.step - self.step % WINDOW)  # for the first steps
        self._watch.start(self._before, self._after)
        if self._can_run_again():
            keep = HarmlessHook(lambda _, args, kwargs: self.trouble.keep_inputs(args, kwargs))
            self._handles = [self._outer.register_forward_pre_hook(keep, with_kwargs=True)]

    def stop(self) -> None:
        """Take every hook away."""
        self._watch.stop()
        self._activations.disarm()
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def owns(self, weight: torch.Tensor) -> bool:
        """Whether a parameter belongs to the model."""
        return id(weight) in self._names or any(weight is own for own in self._model.parameters())

    def take_distributions(self) -> None:
        """The distributions of all parameters, now."""
        with self._guard("distributions"):
            self._refresh()
            self.distributions_at = self.step
            look = self._new_look(self.step, frozenset({"distributions"}))
            look.rest(self._weights)
            self._waiting.append(look)
            self.write(wait=False)

    def finish(self) -> None:
        """Close and write what is under way; rates at the end."""
        with self._guard("the last step"):
            self._finish_round()
            for name, step, rate in self._rates.last(self.step):
                self._store.add_scalar(name, "train", rate, step)
            self.write(wait=True)

    def rewind(self, step: int) -> None:
        """Go on from an earlier step; what is under way was finished."""
        self.step = step
        if self.distributions_at > step:
            self.distributions_at = -1
        self._closed = []
        self.trouble.rewind(step)

    def count_step(self) -> None:
        """One more step, of a training whose optimizers are not seen."""
        with self._costing():
            self._count()
            if self.only_counts:
                return
            self._begin_round(self.step)
            if self._look is not None:
                self._look.gradients(self._weights)
                self._finish_round()
            self.write(wait=False)

    def look_at_trouble(self, kind: Kind, what: str) -> None:
        """Look at this step in full, and at the next ones; its gradients are there as a rule."""
        with self._costing():
            if self._ranks.number or not self.trouble.expects(kind) or self._is_sharded():
                return
            is_looked_at = self.trouble.is_near(self.step)
            if self.trouble.enter(self.step, kind, what, self._store) and not is_looked_at:
                look = self._new_look(self.step, BOTH, whole=True)
                look.gradients(self._weights)
                look.rest(self._weights)
                self.distributions_at = self.step
                self._waiting.append(look)
                self.write(wait=False)

    def note_skipped(self) -> None:
        """A step was left out because gradients had overflowed."""
        with self._spending(), self._guard("a skipped step"):
            self.skipped += 1
            self._store.add_scalar("skipped steps", "train", self.skipped, self.step)

    def write(self, *, wait: bool) -> None:
        """Write the looks that are there; `wait` for those that a device still works on."""
        if not self._waiting:
            return
        while self._waiting and (wait or self._waiting[0].ready()):
            look = self._waiting.popleft()
            if look.kinds == {"norms"} and look.step % written_every(look.step):
                self.trouble.keep_back(look)
                continue
            for quantity, name, reason in look.write(self._store):
                gap = Gap(quantity, f"{name} has no distribution: {reason}")
                self._guard.note(f"{quantity} {name}", gap)
        self._flush()

    def _before(self, optimizer: torch.optim.Optimizer, closure: bool) -> None:
        if self.only_counts:
            return
        with self._costing():
            if id(optimizer) in self._round or self._takes_over(optimizer):
                self._finish_round()
            if _has_overflowed(optimizer):
                self._leaving_out.add(id(optimizer))
                return
            if not self._round:
                self.is_seen = True
                self._begin_round(self.step + 1)
            weights = self._of(optimizer)
            if not closure:  # which would make the gradients only now
                self._watch_for_trouble(optimizer, weights)
            if self._look is not None:
                self._look.before(weights)
                if not closure:
                    self._look.gradients(weights, _scale(optimizer))

    def _after(self, optimizer: torch.optim.Optimizer, closure: bool) -> None:
        self.heard += 1
        if self.only_counts:
            self._count()
            return
        with self._costing():
            if id(optimizer) in self._leaving_out:
                self._leaving_out.discard(id(optimizer))
                self.note_skipped()
                return
            if not self._round:
                self._count()
            self._round.add(id(optimizer))
            if self._look is not None:
                weights = self._of(optimizer)
                if closure:
                    self._look.gradients(weights)
                self._look.after(weights)
            if self._watch.given and len(self._round) == len(self._watch.optimizers):
                self._finish_round()
            self.write(wait=False)

    def _takes_over(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether one that was just found trains parameters that this round has stepped."""
        if self._watch.given or id(optimizer) in self._known:
            return False
        self._known.add(id(optimizer))
        own = self._of(optimizer).keys()
        others = (other for other in self._watch.optimizers if id(other) in self._round)
        return any(not own.isdisjoint(self._of(other)) for other in others)

    def _new_look(self, step: int, kinds: frozenset[str], *, whole: bool = False) -> Look:
        sample = None if whole else self._sample
        return Look(step, kinds, self._ranks, sample, self._quantities)

    def _count(self) -> None:
        self.step += 1
        self._cadence.steps += 1

    def _begin_round(self, step: int) -> None:
        """The first optimizer of a round is about to step."""
        for name, told, rate in self._rates.changes(self._watch.optimizers, step):
            self._store.add_scalar(name, "train", rate, told)
        near = self.trouble.is_near(step)
        kinds = BOTH if near else self._due(step)
        self._plan_ahead(step)
        if kinds:
            self._refresh()
            self._look = self._new_look(step, kinds, whole=near)
        self._take_activations(step)

    def _take_activations(self, step: int) -> None:
        """Keep what the last pass showed, and look at the next one if it is its turn."""
        seen = self._activations.collect()
        if seen:
            look = self._look or self._new_look(step, frozenset({"distributions"}))
            look.activations(seen)
            look.seconds += self._activation_s
            self._activation_s = 0.0
            if look is not self._look:  # the budget put off the rest, and this is paid for
                self._waiting.append(look)
        if self._activations.missed(step):
            self._activations.disarm()
            reason = "no forward pass of the model with gradients on was seen"
            if self._is_compiled():
                reason = "the model is compiled, and modules inside compiled code are not seen"
            self._guard.note("activations", Gap("activation", f"no activations: {reason}"))
        if "distributions" in self._due(step + 1):
            self._activations.arm(step)

    def _finish_round(self) -> None:
        """Nothing more will come of this round."""
        self._round.clear()
        look, self._look = self._look, None
        if look is None:
            return
        look.rest(self._weights)
        if "distributions" in look.kinds:
            self.distributions_at = look.step
        self._waiting.append(look)
        self._closed.append(look)

    def _watch_for_trouble(
        self, optimizer: torch.optim.Optimizer, weights: dict[str, torch.Tensor]
    ) -> None:
        alone = self._ranks.number == 0 and not self._is_sharded()
        if not alone or not self.trouble.expects("not finite") or _scale(optimizer) is not None:
            return  # with a scale, a fused optimizer leaves such steps out by itself
        step = self.step if self._round else self.step + 1
        self.trouble.watch(step, (weight.grad for weight in weights.values()))
        bad, near = self.trouble.noticed(), self.trouble.is_near(step)
        told = "gradients are not finite"
        if bad is None or not self.trouble.enter(bad, "not finite", told, self._store):
            return
        if bad == step:  # on CUDA it is known a step later, when the parameters are others
            if not near:  # else it is looked at in full already
                self._refresh()
                self._look = self._new_look(step, BOTH, whole=True)
            with self._guard("where non-finite values begin"):
                if self._can_run_again():
                    self.trouble.write_origin(step, self._store)

    def _due(self, step: int) -> frozenset[str]:
        """What the budget allows at this step; of several ranks, what was agreed on."""
        if self._ranks.agree:
            return self._ranks.planned(step)
        return self._affordable(step)

    def _affordable(self, step: int) -> frozenset[str]:
        return frozenset(kind for kind in self._cadence.paces if self._cadence.is_due(kind, step))

    def _plan_ahead(self, step: int) -> None:
        """The first rank says one window ahead what all of them are going to look at."""
        if self._ranks.agree and self._ranks.number == 0 and step % WINDOW == 0:
            self._ranks.plan(step + WINDOW, self._affordable(step + WINDOW))

    def _refresh(self) -> None:
        """Find the parameters again: a model may get new ones, or lose some, at any time."""
        found = dict(self._model.named_parameters())
        changed = {n: w.shape for n, w in found.items()} != {
            n: w.shape for n, w in self._weights.items()
        }
        is_first = not self._weights
        self._weights = dict(found)
        self._names = {id(weight): name for name, weight in found.items()}
        self._trained = {}
        if changed and not is_first:
            self._on_change()

    def _of(self, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
        """The model's parameters that an optimizer trains, by name."""
        known = self._trained.get(id(optimizer))
        if known is None:
            weights = (weight for group in optimizer.param_groups for weight in group["params"])
            named = ((self._names.get(id(weight)), weight) for weight in weights)
            known = {name: weight for name, weight in named if name is not None}
            self._trained[id(optimizer)] = known
        return known

    def _is_sharded(self) -> bool:
        return self._ranks.count > 1 and is_sharded(self._weights.values())

    def _can_run_again(self) -> bool:
        """Whether this process alone can run the model, and a hook sees it called."""
        compiled = getattr(self._outer, "_compiled_call_impl", None) is not None
        return not self._is_sharded() and not compiled

    def _is_compiled(self) -> bool:
        """Whether torch.compile is around the model, or its own `compile` was called."""
        return any(
            hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None
            for module in self._outer.modules()
        )

    @contextmanager
    def _activation_cost(self) -> Iterator[None]:
        before_s = self._cadence.spent_s
        with self._spending(), self._guard("activations"):
            yield
        self._activation_s += self._cadence.spent_s - before_s

    @contextmanager
    def _costing(self) -> Iterator[None]:
        """Count the time of the block as recording, and as the cost of the look under way."""
        before_s = self._cadence.spent_s
        with self._spending(), self._guard("a step"):
            yield
        seconds = self._cadence.spent_s - before_s
        if self._look is not None:
            self._look.seconds += seconds
        for look in self._closed:
            self._settle(look, look.seconds + seconds)
        self._closed = []

    def _settle(self, look: Look, seconds: float) -> None:
        """Tell the cadence what a look took; of one that took both, norms took what they do."""
        if self.trouble.is_near(look.step):
            return  # of all elements: no measure of what usual looks cost
        if look.kinds == BOTH:
            seconds = max(seconds - self._cadence.paces["norms"].cost_s, 0.0)
        kind = "distributions" if "distributions" in look.kinds else "norms"
        self._cadence.measured(kind, seconds)
        share = self._cadence.share
        if kind == "distributions" and share is not None:
            self._store.add_scalar("recording cost", "train", share, look.step)


def written_every(step: int) -> int:
    """Of looks at norms around this step, every how many are written."""
    every = 1
    while step > DENSE_STEPS * every:
        every *= 2
    return every


def _scale(optimizer: torch.optim.Optimizer) -> torch.Tensor | None:
    """What gradients are multiplied with while GradScaler hands them to a fused optimizer."""
    scale = getattr(optimizer, "grad_scale", None)
    return scale if isinstance(scale, torch.Tensor) else None


def _has_overflowed(optimizer: torch.optim.Optimizer) -> bool:
    """Whether a fused optimizer is about to leave this step out by itself (known on the CPU)."""
    found = getattr(optimizer, "found_inf", None)
    return isinstance(found, torch.Tensor) and found.device.type == "cpu" and float(found) > 0
