"""Under which circumstances something was measured, as text for people."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from torchatlas import __version__
from torchatlas.capture.command_line import command_text

_COMPANIONS = ("torchvision", "lightning", "transformers", "accelerate", "timm", "numpy")
_PATIENCE_S = 5.0


def run_facts(
    model: nn.Module,
    optimizers: torch.optim.Optimizer | Iterable[torch.optim.Optimizer] | None = None,
) -> dict[str, str]:
    """Versions, device, seed, command line, commit, mode, and the optimizers' settings, as text.

    What looks like a secret on the command line is masked.
    """
    if optimizers is None or isinstance(optimizers, torch.optim.Optimizer):
        optimizers = [] if optimizers is None else [optimizers]
    devices = sorted({str(parameter.device) for parameter in model.parameters()})
    facts = {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "torchatlas": __version__,
        "device": ", ".join(devices) or "none",
        "threads": str(torch.get_num_threads()),
        "torch seed": str(torch.initial_seed()),
        "mode": "training" if model.training else "evaluation",
        "command": command_text(sys.argv),
    }
    loaded = {name: getattr(sys.modules.get(name), "__version__", None) for name in _COMPANIONS}
    facts |= {name: str(version) for name, version in loaded.items() if version is not None}
    commit = git_commit(_script_folder())
    if commit is not None:
        facts["git commit"] = commit
    texts = dict.fromkeys(_optimizer_text(optimizer) for optimizer in optimizers)
    if texts:
        facts["optimizer"] = "; ".join(texts)
    return facts


def git_commit(folder: Path) -> str | None:
    """The commit of the code in a folder, and whether it was changed since; None without."""
    git = shutil.which("git")
    if git is None:
        return None
    commit = _git(git, folder, "rev-parse", "HEAD")
    if not commit:
        return None
    changes = _git(git, folder, "status", "--porcelain", "--untracked-files=no")
    if changes is None:
        return commit
    return f"{commit}, with changes" if changes else commit


def _git(git: str, folder: Path, *arguments: str) -> str | None:
    """What git says; None where it has nothing to say, or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 (git itself, and arguments from here)
            [git, "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _script_folder() -> Path:
    """Where the code that runs lies: the script's folder, or in a notebook the working one."""
    script = Path(getattr(sys.modules.get("__main__"), "__file__", "") or "")
    return script.parent if script.is_file() else Path.cwd()


def _optimizer_text(optimizer: torch.optim.Optimizer) -> str:
    """Class and numeric settings, of each parameter group where they differ."""
    texts = []
    for group in optimizer.param_groups:
        settings = {name: value for name, value in group.items() if _is_numeric(value)}
        texts.append(", ".join(f"{name}={value}" for name, value in settings.items()))
    return f"{type(optimizer).__name__}({'; '.join(dict.fromkeys(texts))})"


def _is_numeric(value: Any) -> bool:
    return isinstance(value, int | float | tuple) and not isinstance(value, bool)
