"""Every form in which people hand over data, made into batches that a model can be called with."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterable, Iterator, Mapping, Sized
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

from torchatlas.capture.tensors import map_tensors, shape_text, tensor_spec, tensors_in
from torchatlas.capture.unchanged import random_state_restored
from torchatlas.errors import DataError

BATCH_SIZE = 64
"""Examples a batch when a Dataset is handed over instead of a DataLoader."""

_TARGET_KEYS = ("labels", "label", "targets", "target", "y")


@dataclass(frozen=True, slots=True)
class Batch:
    """What to call the model with, and what it should have said.

    `targets` is None where the data has none; `size` is the number of examples (first dimension
    of the first input).
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    targets: Any
    size: int


class Batches:
    """The batches of whatever was handed over, on the device of the model. Can be read again."""

    def __init__(self, data: Any, model: nn.Module, split: str = "train") -> None:
        """Take the data in any of its forms.

        Args:
            data: a DataLoader; a Dataset; an iterable of batches that can be read again; a pair
                (inputs, targets); or inputs alone: a tensor, a tuple of the model's arguments, or
                a mapping of its keyword arguments (a Hugging Face batch).
            split: its name in error messages.

        Raises:
            DataError: it is none of these.
        """
        self.split = split
        self._form = _Form(model)
        self._source = self._as_iterable(data)

    def __iter__(self) -> Generator[Batch, None, None]:
        """Raises DataError when the loader fails or a batch cannot be used."""
        empty = True
        with _generators_restored(self._source):
            for batch in self._read():
                empty = False
                yield batch
        if empty:
            raise DataError(f"the {self.split} data has no batches: the loader is empty")

    def __len__(self) -> int:
        """Number of batches; 0 when it cannot be known beforehand."""
        try:
            return len(self._source) if isinstance(self._source, Sized) else 0
        except TypeError:  # a DataLoader over an iterable dataset has a len() that raises
            return 0

    def first(self) -> Batch:
        """The first batch.

        Raises:
            DataError: there is none, or it cannot be used.
        """
        with random_state_restored(), closing(iter(self)) as batches:
            return next(batches)

    def _read(self) -> Iterator[Batch]:
        source = iter(self._source)
        for position in range(2**62):
            where = f"batch {position} of the {self.split} data"
            try:
                item = next(source)
            except StopIteration:
                return
            except Exception as error:
                raise DataError(
                    f"{where} could not be loaded: {type(error).__name__}: {error}"
                ) from error
            yield self._form.batch(item, where)

    def _as_iterable(self, data: Any) -> Iterable[Any]:
        if isinstance(data, DataLoader):
            return data
        if isinstance(data, IterableDataset | Dataset):
            return DataLoader(data, batch_size=BATCH_SIZE)
        if isinstance(data, torch.Tensor | Mapping | tuple) or _is_one_batch(data):
            return [data]
        if isinstance(data, Iterator):
            raise DataError(
                f"the {self.split} data is an iterator, which can be read only once; "
                "hand over a DataLoader, a Dataset or a list of batches"
            )
        if isinstance(data, Iterable) and not isinstance(data, str | bytes):
            return data
        raise DataError(
            f"the {self.split} data is a {type(data).__name__}; hand over a DataLoader, a Dataset, "
            "a pair (inputs, targets), or inputs alone (a tensor, a tuple or a dict)"
        )


def _is_one_batch(data: Any) -> bool:
    """A list [inputs, targets], as a DataLoader yields it: tensors with as many rows each."""
    if not isinstance(data, list) or len(data) != 2:
        return False
    inputs, targets = data
    both = isinstance(inputs, torch.Tensor) and isinstance(targets, torch.Tensor)
    return both and inputs.dim() > targets.dim() >= 1 and len(inputs) == len(targets)


@contextmanager
def _generators_restored(source: Any) -> Iterator[None]:
    """Put a loader's own random generators back, so that its next order is what it would be."""
    holders = (source, getattr(source, "sampler", None))
    generators = [getattr(holder, "generator", None) for holder in holders]
    states = [(g, g.get_state()) for g in generators if isinstance(g, torch.Generator)]
    try:
        yield
    finally:
        for generator, state in states:
            generator.set_state(state)


class _Form:
    """How the arguments of a model's forward take a batch."""

    def __init__(self, model: nn.Module) -> None:
        self.parameters = inspect.signature(model.forward).parameters
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self.required = sum(
            p.kind in positional and p.default is inspect.Parameter.empty
            for p in self.parameters.values()
        )
        self.any_keyword = any(
            p.kind is inspect.Parameter.VAR_KEYWORD for p in self.parameters.values()
        )
        places = {tensor.device for tensor in (*model.parameters(), *model.buffers())}
        self.device = places.pop() if len(places) == 1 else None

    def batch(self, item: Any, where: str) -> Batch:
        """The batch that one item of the data stands for."""
        tensors = tensors_in(item)
        if not tensors:
            raise DataError(
                f"{where} holds no tensors, it is a {_describe(item)}; "
                "have the dataset return tensors, or give the DataLoader a collate_fn"
            )
        if any(tensor.is_meta for tensor in tensors):
            raise DataError(f"{where} is on the meta device: it has a shape and no values")
        if self.device is not None and self.device != torch.device("meta"):
            item = map_tensors(item, lambda tensor: tensor.to(self.device))
        args, kwargs, targets = self._split(item, where)
        inputs = tensors_in((args, kwargs))
        if not inputs:
            raise DataError(f"{where} holds targets and no input tensors")
        if not any(tensor.numel() for tensor in inputs):
            shapes = ", ".join(shape_text(tensor_spec(tensor)) for tensor in inputs)
            raise DataError(f"{where} holds no examples: the shape of its inputs is {shapes}")
        return Batch(args, kwargs, targets, inputs[0].shape[0] if inputs[0].dim() else 1)

    def _split(self, item: Any, where: str) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
        if isinstance(item, Mapping):
            return self._split_mapping(item)
        if not isinstance(item, tuple | list):
            return (item,), {}, None
        wanted = max(self.required, 1)
        if len(item) == 2 and wanted > 1 and self._holds_all(item[0]):
            return (*self._inputs(item[0]), item[1])
        if len(item) < wanted:
            raise DataError(
                f"{where} has {len(item)} parts, and the model needs {wanted} inputs: "
                f"{', '.join(list(self.parameters)[:wanted])}"
            )
        if len(item) == wanted:
            return tuple(item), {}, None
        if wanted == 1:
            return (*self._inputs(item[0]), item[1])
        return tuple(item[:wanted]), {}, item[wanted]

    def _inputs(self, inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if isinstance(inputs, Mapping):
            return self._split_mapping(inputs)[:2]
        spread = isinstance(inputs, tuple) or (self.required > 1 and self._holds_all(inputs))
        return (tuple(inputs) if spread else (inputs,)), {}

    def _holds_all(self, inputs: Any) -> bool:
        """Whether the first half of a pair is itself what the model's arguments need."""
        if isinstance(inputs, Mapping):
            return True
        return isinstance(inputs, tuple | list) and len(inputs) >= self.required

    def _split_mapping(
        self, item: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
        targets = next((item[key] for key in _TARGET_KEYS if key in item), None)
        taken = {k: v for k, v in item.items() if k in self.parameters}
        if self.any_keyword:
            taken = {k: v for k, v in item.items() if k in taken or k not in _TARGET_KEYS}
        if taken:
            return (), taken, targets
        return (dict(item),), {}, targets


def _describe(item: Any) -> str:
    if isinstance(item, tuple | list) and item:
        return f"{type(item).__name__} of {', '.join(sorted({type(i).__name__ for i in item}))}"
    return type(item).__name__
