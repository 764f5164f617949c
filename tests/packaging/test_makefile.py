"""What `make` says before anything is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with the Makefile and two interpreters: one too old, one without venv."""
    shutil.copyfile(ROOT / "Makefile", tmp_path / "Makefile")
    for name, script in {"old": "exit 1", "bare": 'test "$1" = -c'}.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return tmp_path


def make(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    outside = {name: os.environ[name] for name in os.environ if not name.startswith("MAKE")}
    command = ["make", *arguments]
    return subprocess.run(
        command, cwd=tree, env=outside, capture_output=True, text=True, check=False
    )


def test_plain_make_lists_every_command() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", TEXT, re.MULTILINE)
    assert phony is not None
    listed = [line.split()[0] for line in make(ROOT).stdout.splitlines()]
    assert sorted(listed) == sorted(phony[1].split())


def test_an_old_python_is_named_with_what_to_do(tree: Path) -> None:
    done = make(tree, "test", "PYTHON=./old")
    assert done.returncode != 0
    assert "TorchAtlas needs Python 3.11 or newer, and './old' is not." in done.stderr
    assert "make PYTHON=python3.12" in done.stderr
    assert not (tree / ".venv").exists()


def test_a_python_without_venv_is_told_where_to_get_it(tree: Path) -> None:
    done = make(tree, "demo", "PYTHON=./bare")
    assert done.returncode != 0
    assert "it is in the package python3-venv" in done.stderr
