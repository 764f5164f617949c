"""What is kept when a training goes wrong: the last steps, and where it began."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Literal

import torch
from torch import nn

from torchatlas.capture.later import Later
from torchatlas.capture.look import Look, LookStore
from torchatlas.capture.nonfinite_origin import LastInputs, find_origin
from torchatlas.capture.norms import all_finite

Kind = Literal["spike", "not finite"]

AFTERMATH = 2
"""Steps after trouble that are looked at in full, too."""

MOST_TROUBLES = 8
"""Times that this is done, at most, for spikes and for what is not finite each; a training that
diverged stays so."""

KEPT_LOOKS = 16
"""Looks at norms that are kept back for it, where not all are written."""

_SENTINELS, _AMONG = 4, 16
"""Every step is judged by the smallest few of the first gradients: what is not finite anywhere in a
pass reaches the first layers on the way back."""


class Trouble:
    """Notices that gradients are not finite, and keeps what tells why.

    Attributes:
        told: what happened, in words, by step.
    """

    def __init__(self, model: nn.Module) -> None:
        """Nothing happened yet."""
        self.told: dict[int, str] = {}
        self._model = model
        self._inputs = LastInputs()
        self._checks: deque[tuple[int, Later]] = deque(maxlen=64)
        self._ring: deque[Look] = deque(maxlen=KEPT_LOOKS)
        self._full_until: dict[Kind, int] = {"spike": -1, "not finite": -1}
        self._times: Counter[Kind] = Counter()

    def expects(self, kind: Kind) -> bool:
        """Whether it is still worth looking for."""
        return self._times[kind] < MOST_TROUBLES

    def is_near(self, step: int) -> bool:
        """Whether a step is among those that are looked at in full."""
        return step <= max(self._full_until.values())

    def keep_inputs(self, args: Any, kwargs: Any) -> None:
        """Remember what the model is called with, without keeping it alive."""
        with suppress(TypeError):
            self._inputs.keep(args, kwargs)

    def keep_back(self, look: Look) -> None:
        """Keep a look that is not written, in the place of the oldest such."""
        self._ring.append(look)

    def enter(self, step: int, kind: Kind, what: str, store: LookStore) -> bool:
        """Trouble at this step: write what was kept back. False where it is one with the last.

        What is not finite is never one with a spike.
        """
        until = self._full_until[kind] if kind == "not finite" else max(self._full_until.values())
        if step <= until or not self.expects(kind):
            return False
        if step in self.told and self.is_near(step):
            what = f"{self.told[step]}; {what}"
        self.told[step] = what
        self._times[kind] += 1
        self._full_until[kind] = step + AFTERMATH
        for look in self._ring:
            look.write(store)
        self._ring.clear()
        return True

    def rewind(self, step: int) -> None:
        """The training went back to this step: what was under way for later ones is dropped."""
        self._full_until = {k: min(until, step) for k, until in self._full_until.items()}
        self._checks.clear()
        self._ring.clear()

    def watch(self, step: int, gradients: Iterable[torch.Tensor | None]) -> None:
        """Check a few of the gradients that this step is about to be made with."""
        first: list[torch.Tensor] = []
        for gradient in gradients:
            if gradient is not None and gradient.layout == torch.strided:
                first.append(gradient)
                if len(first) == _AMONG:
                    break
        found = all_finite(sorted(first, key=torch.Tensor.numel)[:_SENTINELS])
        if found is not None:
            self._checks.append((step, found))

    def noticed(self, *, wait: bool = False) -> int | None:
        """The step of the first check that failed, as far as the device has told; None if none."""
        while self._checks and (wait or self._checks[0][1].ready()):
            step, later = self._checks.popleft()
            number = later.numbers()
            if number - number != 0:
                return step
        return None

    def write_origin(self, step: int, store: LookStore) -> None:
        """Run the model on its last inputs, and write which outputs are not finite.

        Parameters must still be those that the step was made with.

        Raises:
            Exception: what the model raises.
        """
        recalled = self._inputs.recall()
        if recalled is None:
            self.told[step] += "; where that begins is not known, for the inputs are gone"
            return
        with self._inputs.autocast():
            origin = find_origin(self._model, *recalled)
        if origin.node is None:
            self.told[step] += "; every output of the forward pass is finite"
            return
        self.told[step] += f"; the first output that is not finite is that of {origin.node}"
        for output in origin.outputs:
            name = f"{output.node}/{output.output}"
            store.add_summary("activation", name, output.elements, output.summary, step)

    def facts(self) -> Mapping[str, str]:
        """What happened, as facts of the run."""
        return {f"trouble at step {step}": what for step, what in self.told.items()}
