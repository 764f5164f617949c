"""Counts how well a model does on one split of the data."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from torchatlas.capture.batches import Batch, Batches
from torchatlas.capture.losses import IGNORED, Judgement, Loss, judge
from torchatlas.capture.unchanged import unchanged
from torchatlas.errors import CaptureError, DataError
from torchatlas.run import Outcome

MOST_CLASSES = 2_000
"""With more classes than this there is no confusion matrix (a vocabulary, say)."""


def evaluate_split(
    model: nn.Module,
    batches: Batches,
    loss: Loss | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Outcome:
    """Run the model in evaluation mode over all batches and count.

    The model is left as it was. Ctrl-C ends the count early: what was seen so far is returned.

    Args:
        advance: called after each batch.

    Raises:
        DataError: a batch cannot be used, or nothing could be judged; the message says why.
        CaptureError: the model raised.
    """
    tally = _Tally(batches.split)
    with unchanged(model, training=False), torch.no_grad():
        try:
            for batch in batches:
                tally.add(_judge(model, batch, loss, batches.split), batch.size)
                advance()
        except KeyboardInterrupt:
            if not tally.samples:
                raise
            tally.interrupted = True
    return tally.outcome()


def _judge(model: nn.Module, batch: Batch, loss: Loss | None, split: str) -> Judgement:
    try:
        outputs = model(*batch.args, **batch.kwargs)
    except Exception as error:
        raise CaptureError(
            f"the model raised on the {split} data: {type(error).__name__}: {error}"
        ) from error
    judgement = judge(outputs, batch.targets, loss)
    if judgement.name is None:
        raise DataError(f"the {split} data could not be judged: {judgement.reason}")
    return judgement


class _Tally:
    """Sums over the batches of a split."""

    def __init__(self, split: str) -> None:
        self.split = split
        self.samples = 0
        self.interrupted = False
        self.loss_name: str | None = None
        self.loss_total = 0.0
        self.loss_squares: float | None = 0.0
        self.confusion: torch.Tensor | None = None
        self.errors: torch.Tensor | None = None
        self.right = 0
        self.judged = 0
        self.unclear = 0

    def add(self, judgement: Judgement, size: int) -> None:
        self.samples += size
        self.loss_name = judgement.name
        if judgement.examples is not None:
            examples = judgement.examples.double()
            self.loss_total += float(examples.sum())
            if self.loss_squares is not None:
                self.loss_squares += float((examples * examples).sum())
        elif judgement.mean is not None:
            self.loss_total += float(judgement.mean) * size
            self.loss_squares = None
        if judgement.scores is not None and judgement.classes is not None:
            self._count_classes(judgement.scores, judgement.classes)
        if judgement.regression is not None:
            answer, target = (values.double() for values in judgement.regression)
            error = answer - target
            sums = [error.abs().sum(), (error**2).sum(), target.sum(), (target**2).sum()]
            counted = torch.stack([torch.tensor(float(error.numel())).to(error), *sums]).cpu()
            self.errors = counted if self.errors is None else self.errors + counted

    def _count_classes(self, scores: torch.Tensor, classes: torch.Tensor) -> None:
        count = scores.shape[1]
        finite = ~scores.isnan().any(1)  # the largest of NaN is no prediction
        self.unclear += int((~finite & (classes != IGNORED)).sum())
        counted = (classes != IGNORED) & finite
        self.right += int((scores.argmax(1)[counted] == classes[counted]).sum())
        self.judged += int(counted.sum())
        if count > MOST_CLASSES:
            return
        cells = classes[counted] * count + scores.argmax(1)[counted]
        matrix = torch.bincount(cells, minlength=count * count).reshape(count, count).cpu()
        self.confusion = matrix if self.confusion is None else self.confusion + matrix

    def outcome(self) -> Outcome:
        errors = None
        if self.errors is not None:
            number, *sums = self.errors.tolist()
            errors = (int(number), *sums)
        return Outcome(
            self.split,
            self.samples,
            self.loss_name,
            self.loss_total,
            self.loss_squares,
            None if self.confusion is None else self.confusion.numpy(),
            errors,
            right=(self.right, self.judged) if self.judged else None,
            unclear=self.unclear,
            interrupted=self.interrupted,
        )
