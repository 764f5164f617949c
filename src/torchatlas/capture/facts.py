"""Under which circumstances something was measured, as text for people."""

from __future__ import annotations

import platform
import shlex
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn


def run_facts(model: nn.Module, optimizer: torch.optim.Optimizer | None) -> dict[str, str]:
    """Versions, device, seed, command line, mode, and the optimizer's settings, as text."""
    devices = sorted({str(parameter.device) for parameter in model.parameters()})
    facts = {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": ", ".join(devices) or "none",
        "threads": str(torch.get_num_threads()),
        "torch seed": str(torch.initial_seed()),
        "mode": "training" if model.training else "evaluation",
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    }
    if optimizer is not None:
        facts["optimizer"] = _optimizer_text(optimizer)
    return facts


def _optimizer_text(optimizer: torch.optim.Optimizer) -> str:
    """Class and numeric settings, of each parameter group where they differ."""
    texts = []
    for group in optimizer.param_groups:
        settings = {name: value for name, value in group.items() if _is_numeric(value)}
        texts.append(", ".join(f"{name}={value}" for name, value in settings.items()))
    return f"{type(optimizer).__name__}({'; '.join(dict.fromkeys(texts))})"


def _is_numeric(value: Any) -> bool:
    return isinstance(value, int | float | tuple) and not isinstance(value, bool)
