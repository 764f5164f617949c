"""Which tensor a model's answer is, and which loss fits it when the user named none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from torchatlas.capture.tensors import shape_text, tensor_spec, tensors_in
from torchatlas.errors import DataError

Loss = Callable[[Any, Any], torch.Tensor]

IGNORED = -100
"""The target that torch's cross-entropy leaves out."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a batch's outputs are worth.

    Attributes:
        name: of the loss; None when there is none, and `reason` says why.
        mean: the loss of the batch, a scalar that can be differentiated.
        examples: the loss of each example, shape [batch]; None when only the mean is known.
        scores: class scores, shape [batch, classes, ...]; None when this is no classification.
        classes: true class indices, shape [batch, ...]; `IGNORED` where not to be counted.
        regression: answers and targets of one shape; None when this is no regression.
        reason: why there is no loss.
    """

    name: str | None
    mean: torch.Tensor | None = None
    examples: torch.Tensor | None = None
    scores: torch.Tensor | None = None
    classes: torch.Tensor | None = None
    regression: tuple[torch.Tensor, torch.Tensor] | None = None
    reason: str = ""


def judge(outputs: Any, targets: Any, loss: Loss | None) -> Judgement:
    """Hold a model's outputs against the targets.

    When `loss` is None: integer targets that index the outputs' classes give cross-entropy,
    floating-point targets of the outputs' shape give mean squared error, a Hugging Face output
    that carries its own loss gives that one, and anything else gives a reason.

    Raises:
        DataError: a target is outside the classes, or the loss given returns no scalar.
    """
    answer = answer_of(outputs)
    scores, classes = _as_classes(answer, targets, getattr(loss, "ignore_index", IGNORED))
    if scores is not None and classes is not None:
        problem = _out_of_range(scores, classes)
        if problem and loss is None:
            raise DataError(problem)
        if problem:  # a loss of one's own may read the targets another way
            scores, classes = None, None
    if loss is not None:
        pairs = _as_regression(answer, targets) if scores is None else None
        return Judgement(
            getattr(loss, "__name__", type(loss).__name__),
            _scalar(loss, outputs, targets),
            scores=scores,
            classes=classes,
            regression=pairs,
        )
    own = getattr(outputs, "loss", None)
    if isinstance(own, torch.Tensor):
        return Judgement("loss of the model", own, scores=scores, classes=classes)
    if scores is not None and classes is not None:
        if bool((classes == IGNORED).any()):
            mean = functional.cross_entropy(scores, classes, ignore_index=IGNORED)
            return Judgement("cross-entropy", mean, scores=scores, classes=classes)
        examples = _per_example(functional.cross_entropy(scores, classes, reduction="none"))
        return Judgement("cross-entropy", examples.mean(), examples, scores, classes)
    pairs = _as_regression(answer, targets)
    if pairs is not None:
        examples = _per_example(functional.mse_loss(*pairs, reduction="none"))
        return Judgement("mean squared error", examples.mean(), examples, regression=pairs)
    return Judgement(None, reason=_why_not(answer, targets))


def answer_of(outputs: Any) -> torch.Tensor | None:
    """The tensor that a model's outputs are judged by: `logits`, `out`, or the first tensor."""
    for key in ("logits", "out"):
        found = outputs.get(key) if isinstance(outputs, Mapping) else getattr(outputs, key, None)
        if isinstance(found, torch.Tensor):
            return found
    return next(iter(tensors_in(outputs)), None)


def _as_classes(
    answer: torch.Tensor | None, targets: Any, ignored: int
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Scores with the classes in dimension 1, and the class indices that belong to them.

    Targets to be left out become `IGNORED`. A single score an example is no classification, and
    where classes could stand in dimension 1 or in the last one, nothing is assumed.
    """
    if answer is None or not isinstance(targets, torch.Tensor) or not answer.is_floating_point():
        return None, None
    whole = targets.dtype in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
    if not whole or answer.dim() != targets.dim() + 1 or answer.dim() < 2:
        return None, None
    first = answer.shape[:1] + answer.shape[2:] == targets.shape
    last = answer.shape[:-1] == targets.shape
    if first == last and answer.dim() > 2:
        return None, None
    scores = answer if first else answer.movedim(-1, 1)
    if not (first or last) or scores.shape[1] < 2:
        return None, None
    classes = targets.long()
    return scores, classes.masked_fill(classes == ignored, IGNORED)


def _out_of_range(scores: torch.Tensor, classes: torch.Tensor) -> str | None:
    """What is wrong with targets outside the classes."""
    counted = classes[classes != IGNORED]
    if not counted.numel():
        return None
    low, high = int(counted.min()), int(counted.max())
    if low >= 0 and high < scores.shape[1]:
        return None
    return (
        f"the targets go from {low} to {high}, and the model scores {scores.shape[1]} classes "
        f"(0 to {scores.shape[1] - 1}); check the labels or the size of the last layer"
    )


def _as_regression(
    answer: torch.Tensor | None, targets: Any
) -> tuple[torch.Tensor, torch.Tensor] | None:
    if answer is None or not isinstance(targets, torch.Tensor):
        return None
    if not targets.is_floating_point() or not answer.is_floating_point():
        return None
    if answer.shape == targets.shape:
        return answer, targets
    if answer.dim() == targets.dim() + 1 and answer.shape == (*targets.shape, 1):
        return answer.squeeze(-1), targets
    return None


def _per_example(losses: torch.Tensor) -> torch.Tensor:
    return losses.flatten(1).mean(1) if losses.dim() > 1 else losses


def _scalar(loss: Loss, outputs: Any, targets: Any) -> torch.Tensor:
    try:
        value = loss(outputs, targets)
    except Exception as error:
        raise DataError(f"the loss raised {type(error).__name__}: {error}") from error
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        found = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else ""
        raise DataError(
            f"the loss returned {found or type(value).__name__}, not a scalar tensor; "
            "take the mean over the batch"
        )
    return value.reshape(())


def _why_not(answer: torch.Tensor | None, targets: Any) -> str:
    if targets is None:
        return "the data has no targets"
    if answer is None:
        return "the model returned no tensor"
    if not isinstance(targets, torch.Tensor):
        return f"the targets are a {type(targets).__name__}, not a tensor; pass loss=..."
    left, right = tensor_spec(answer), tensor_spec(targets)
    return (
        f"no loss is known for outputs {left.dtype} {shape_text(left)} and targets "
        f"{right.dtype} {shape_text(right)}; pass loss=..."
    )
