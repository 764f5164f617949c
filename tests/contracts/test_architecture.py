"""Imports point down, heavy libraries stay in their room, and unknown rooms are refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.contracts.architecture import FLOORS, FOR_LIBRARIES, FRONT_DOOR, PACKAGES, violations

import torchatlas

PACKAGE = Path(torchatlas.__file__).parent
VAGUE = {"utils", "util", "helpers", "common", "core", "misc", "shared"}
LONGEST_FILE = 800


def test_the_house_keeps_its_rules() -> None:
    assert violations(PACKAGE) == []


def test_every_room_has_a_floor_and_a_list_of_packages() -> None:
    rooms = {room for floor in FLOORS for room in floor}
    assert rooms | {FRONT_DOOR, *FOR_LIBRARIES} == set(PACKAGES)


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("run/run.py", "from torchatlas.views import View", "run imports upward from views"),
        ("run/run.py", "from torchatlas import views", "run imports upward from views"),
        ("run/run.py", "import torchatlas.capture.trace", "run imports upward from capture"),
        ("run/run.py", "from ..store import load", "run imports upward from store"),
        ("run/run.py", "from .. import store", "run imports upward from store"),
        ("store/run.py", "from torchatlas.capture import trace", "sideways from capture"),
        ("measure/a.py", "def f():\n    from torchatlas.store import x", "sideways from store"),
        ("report/a.py", "import torchatlas.serve", "report imports sideways from serve"),
        ("views/a.py", "from torchatlas import visualize_model", "by the front door"),
        ("atlas.py", "from torchatlas.api import load", "atlas imports upward from api"),
        ("api.py", "from torchatlas.cli import main", "api imports upward from cli"),
        ("api.py", "import torch", "api loads torch while it is imported"),
        ("cli.py", "import torch", "cli does not know torch"),
        ("views/a.py", "class A:\n    def f(self):\n        import torch", "views does not know"),
        ("views/a.py", "import matplotlib", "views does not know matplotlib"),
        ("views/render/__init__.py", "import matplotlib.figure", "views loads matplotlib while"),
        ("views/render/a.py", "import torch", "views does not know torch"),
        ("demo/a.py", "import torchvision.models", "demo loads torchvision while"),
        ("measure/a.py", "import torch.nn", "measure does not know torch"),
        ("report/a.py", "require('plotly.graph_objects', 'x', 'y')", "does not know plotly"),
        ("store/a.py", "importlib.import_module('torch')", "store does not know torch"),
        ("errors.py", "from torchatlas.run import Run", "errors imports upward from run"),
        ("run/a.py", "from torchatlas.tools import x", "'tools', which is no room"),
        ("tools/a.py", "", "'tools' is no room of the house"),
        ("lonely.py", "", "'lonely' is no room of the house"),
    ],
)
def test_a_planted_violation_is_found(
    tmp_path: Path, file: str, source: str, complaint: str
) -> None:
    plant(tmp_path / "torchatlas", "tools/__init__.py" if "tools" in source else file, "")
    found = plant(tmp_path / "torchatlas", file, source)
    assert any(complaint in line and line.startswith(file) for line in found), found


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("run/run.py", "import json\nimport numpy as np\nfrom torchatlas.errors import RunError"),
        ("run/run.py", "from .graph import Graph\nfrom torchatlas import __version__"),
        ("views/a.py", "from torchatlas.measure import x\nfrom torchatlas.run import Run"),
        ("views/render/a.py", "from matplotlib.figure import Figure"),
        ("views/render/__init__.py", "def f():\n    require('matplotlib', 'to draw', 'plots')"),
        ("api.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from torch import nn"),
        ("api.py", "def f():\n    import torch\n    from torchatlas.capture import trace"),
        ("demo/a.py", "from torchatlas import visualize_model\nimport torch"),
        ("atlas.py", "def f():\n    require('pandas', 'to give a table', 'tables')"),
        ("__init__.py", "from torchatlas.errors import E\nimport_module('torchatlas.api')"),
    ],
)
def test_what_is_allowed_is_not_complained_about(tmp_path: Path, file: str, source: str) -> None:
    assert plant(tmp_path / "torchatlas", file, source) == []


@pytest.mark.parametrize(
    "room", ["run", "measure", "store", "views", "views.render", "report", "serve"]
)
def test_a_room_of_plain_data_loads_no_heavy_library(room: str) -> None:
    heavy = {"torch", "pandas", "matplotlib", "seaborn", "plotly", "rich", "starlette", "uvicorn"}
    assert loaded_by(f"import torchatlas.{room}") & heavy == set()


def test_importing_torchatlas_loads_nothing_that_not_every_user_needs() -> None:
    heavy = {"pandas", "matplotlib", "seaborn", "plotly", "starlette", "uvicorn", "sklearn"}
    assert loaded_by("import torchatlas") & {"torch", *heavy} == set()
    everything = "import torchatlas as ta; [getattr(ta, name) for name in ta.__all__]"
    loaded = loaded_by(everything)
    assert "torchatlas" in loaded
    assert loaded & heavy == set()


def test_the_command_line_answers_without_loading_torch() -> None:
    assert loaded_by("import torchatlas.cli") & {"torch", "pandas", "matplotlib"} == set()


def test_no_file_is_named_vaguely_or_too_long_to_read() -> None:
    vague = [path for path in PACKAGE.rglob("*") if path.stem in VAGUE]
    long = [
        path
        for path in PACKAGE.rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
    ]
    assert (vague, long) == ([], [])


def plant(package: Path, file: str, source: str) -> list[str]:
    """Write one file of a package, and give the complaints about that package."""
    path = package / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return violations(package)


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after a statement."""
    listing = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", f"{statement}\n{listing}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())
