"""Exported programs for the tests: small models, each with something that readers get wrong."""

from __future__ import annotations

import json
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch._higher_order_ops import map as hop_map
from torch._higher_order_ops import scan, while_loop


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.act = nn.ReLU()

    def forward(self, image):
        out = self.norm(self.conv(image))
        out += image
        return self.act(out)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 5, batch_first=True)
        self.head = nn.Linear(5, 2)

    def forward(self, tokens):
        states, (last, _) = self.lstm(tokens)
        return {"each": self.head(states), "last": last}


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(3, 3)

    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda z: z.sin() * 2, lambda z: z - 1, (self.lin(x),))


class Looping(nn.Module):
    def forward(self, x, steps):
        return while_loop(lambda i, z: i > 0, lambda i, z: (i - 1, z.sin()), (steps, x))[1]


class Mapping(nn.Module):
    def forward(self, xs):
        return hop_map(lambda x: x.cos() + 1, xs)


class Scanning(nn.Module):
    def forward(self, xs):
        return scan(lambda state, x: (state + x, state * x), torch.zeros(3), xs)


class Counting(nn.Module):
    """Changes a buffer in place, and its input through a view."""

    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.count.add_(1)
        part = x[:, :2]
        part.mul_(3)
        return x.sum() + self.count


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids):
        return self.head(self.embed(ids))


HOSTILE = 'a,b;c/<b>"q"\\{|}\n&amp;🙂'


class Hostile(nn.Module):
    def __init__(self):
        super().__init__()
        self.add_module(HOSTILE, nn.Linear(3, 3))
        self.add_module("L__self__x,x", nn.ReLU())

    def forward(self, x):
        return self._modules["L__self__x,x"](self._modules[HOSTILE](x))


class Attention(nn.Module):
    """One call of a function that is many aten ops."""

    def __init__(self):
        super().__init__()
        self.attend = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        return self.attend(x, x, x)[0]


@dataclass
class Pair:
    first: torch.Tensor
    second: torch.Tensor


torch.export.register_dataclass(Pair, serialized_type_name="torchatlas_tests.Pair")


class Structured(nn.Module):
    def forward(self, pair, options, *, scale=1.0):
        both = pair.first + pair.second * scale
        return Pair(both, both + options["bias"]), [both.exp(), None]


class Scopes(nn.Module):
    """Regions without gradient and with autocast, and a value read on the host."""

    def forward(self, x):
        with torch.no_grad():
            quiet = x.sin()
        with torch.autocast("cpu", torch.bfloat16):
            product = x @ x.T
        return quiet.sum() * x.sum().item(), product, x.nonzero()


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        self.keep = nn.Identity()

    def forward(self, x):
        return self.keep(self.block(self.block(x)))


def export(model: nn.Module, *args: Any, **options: Any) -> torch.export.ExportedProgram:
    """The exported program; torch warns of an LSTM's flat weights, which is no news here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.export.export(model.eval(), args, **options)


def save(program: torch.export.ExportedProgram, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(program, path)
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def program_member(path: Path) -> str:
    return next(name for name in members(path) if name.endswith("models/model.json"))


def rewritten(path: Path, change: Any) -> Path:
    """The archive with the JSON of its program changed by `change(document)`."""
    content, name = members(path), program_member(path)
    document = json.loads(content[name])
    change(document)
    content[name] = json.dumps(document).encode()
    return zipped(path.with_name("rewritten.pt2"), content)


def zipped(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path
