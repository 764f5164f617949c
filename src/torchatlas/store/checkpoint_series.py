"""Which checkpoints are steps of one training, and at which step each was written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from torchatlas.errors import RunError
from torchatlas.store.checkpoint_files import INDEX, PICKLES, SAFETENSORS, checkpoints_in

_WORDED = re.compile(
    r"(?:^|[^a-z])(?P<word>global_?step|step|steps|iteration|iter|checkpoint|ckpt|epoch|ep)"
    r"[\W_]*(?P<number>\d{1,15})(?!\d)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,15}(?!\d)")
_SLICE = re.compile(r"consolidated\.\d+\.")
"""Slices of one model over several devices, which are no steps."""

_EPOCHS = ("epoch", "ep")


@dataclass(frozen=True, slots=True)
class Series:
    """Checkpoints of one training in order, the step of each, and in words where it is from."""

    paths: tuple[Path, ...]
    steps: tuple[int, ...]
    note: str


def worded_step(name: str) -> int | None:
    """The step that a name tells by a word before it: `checkpoint-500`, `epoch=3-step=1200`.

    Where it has several, a step goes before a number of the checkpoint, and that before an epoch.
    """
    found = {match["word"].lower(): int(match["number"]) for match in _WORDED.finditer(name)}
    ranked = sorted(
        found, key=lambda word: (word in _EPOCHS, not word.startswith(("st", "gl", "it")))
    )
    return found[ranked[0]] if ranked else None


def series_of(paths: list[Path]) -> Series:
    """Order checkpoints by the steps in their names; as they were given where names tell none.

    Raises:
        RunError: two of them have one path.
    """
    if len(set(paths)) < len(paths):
        twice = next(path for at, path in enumerate(paths) if path in paths[:at])
        raise RunError(f"{twice} is given twice; each checkpoint is one step of the series")
    names = [_bare(path) for path in paths]
    worded = [worded_step(name) for name in names]
    steps = [step for step in worded if step is not None]
    if len(set(steps)) < len(paths):
        numbers = [_NUMBER.findall(name) for name in names]
        steps = [int(found[-1]) for found in numbers if found]
    if len(set(steps)) < len(paths):
        note = "the names tell no step of their own: numbered from 0 in the order given"
        return Series(tuple(paths), tuple(range(len(paths))), note)
    placed = sorted(zip(steps, paths, strict=True), key=lambda pair: pair[0])
    shown = ", ".join(f"{path.name} is {step:,}" for step, path in placed[:3])
    more = "" if len(placed) <= 3 else f", and so on to {placed[-1][0]:,}"
    return Series(
        tuple(path for _, path in placed),
        tuple(step for step, _ in placed),
        f"steps are the numbers in the names, in their order: {shown}{more}",
    )


def series_in(folder: Path) -> tuple[Series, tuple[str, ...]] | None:
    """The steps of a training that a folder holds; None where it holds fewer than two.

    Returns:
        The series, and names of what else in the folder is a checkpoint and tells no step.
    """
    found = list(checkpoints_in(folder))
    numbered = [
        path for path in found if _NUMBER.search(_bare(path)) and not _SLICE.match(path.name)
    ]
    worded = [path for path in numbered if worded_step(_bare(path)) is not None]
    chosen = worded if len(worded) > 1 else numbered
    if len(chosen) < 2:
        return None
    others = tuple(path.name for path in found if path not in chosen)
    return series_of(chosen), others


def _bare(path: Path) -> str:
    """A name without its ending and without the number of a file among several."""
    name = path.name.removesuffix(INDEX)
    for ending in (*SAFETENSORS, *PICKLES):
        name = name.removesuffix(ending)
    return re.sub(r"-\d+-of-\d+$", "", name)
