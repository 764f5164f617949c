"""What is shipped: the sdist builds, the wheel holds the viewer and works without anything else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import torchatlas

ROOT = Path(__file__).parents[2]
PAPER = "src/torchatlas/views/render/paper/bundle/"
LARGEST_WHEEL_BYTES = 1_600_000

SMOKE = """
import json, sys
import torch
import torchatlas as ta

model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
atlas = ta.visualize_model(model, (torch.randn(32, 4), torch.randint(0, 3, (32,))))
atlas.save(sys.argv[1])
assert "0" in atlas.graph.nodes, list(atlas.graph.nodes)
assert len(atlas.table("parameters")) == 4
assert "0.weight" in atlas.plot("parameters", "text")
try:
    atlas.plot("parameters", "matplotlib")
except ta.MissingDependency as error:
    assert "pip install 'torchatlas[plots]'" in str(error), error
else:
    raise AssertionError("matplotlib is not here, and still it drew")
assert ta.load(sys.argv[1]).graph == atlas.graph
print(ta.__version__, ta.__file__)
"""


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of this tree."""
    folder = tmp_path_factory.mktemp("sdist")
    return folder / build("sdist", ROOT, folder)


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist's content, with the npm packages of this checkout beside it."""
    tree = unpack(sdist, tmp_path_factory.mktemp("unpacked"))
    (tree / "web" / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    return tree


@pytest.fixture(scope="module")
def wheel(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist and not from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    return folder / build("wheel", unpacked, folder)


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it requires, and nothing more.

    The requirements are links to those installed here: torch is several gigabytes.
    """
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(output([python, "-c", where]).strip())
    for name in runtime_requirements(wheel):
        for path in top_level_paths(name):
            link = packages / path.name
            if not link.exists():
                link.symlink_to(path)
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*install, "--python", python, wheel], check=True)
    return folder


def test_the_wheel_holds_the_package_and_the_viewer(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        viewer = archive.read("torchatlas/report/viewer/viewer.js").decode()
    folders = {name.partition("/")[0] for name in names}
    assert folders == {"torchatlas", f"torchatlas-{torchatlas.__version__}.dist-info"}
    assert {"torchatlas/py.typed", "torchatlas/report/viewer/viewer.css"} <= names
    paper = {"paper.js", "Inter-Regular.ttf", "Inter-SemiBold.ttf", "Inter-LICENSE.txt"}
    assert {f"torchatlas/views/render/paper/bundle/{name}" for name in paper} <= names
    assert {p.relative_to(ROOT / "src").as_posix() for p in sources()} <= names
    assert "torchatlas-data" in viewer
    assert wheel.stat().st_size < LARGEST_WHEEL_BYTES


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    metadata = wheel_metadata(wheel)
    required = {Requirement(text) for text in metadata.get_all("Requires-Dist", [])}
    always = {requirement.name for requirement in required if not requirement.marker}
    assert always == {"google-crc32c", "numpy", "pandas", "rich", "torch"}
    assert metadata["Version"] == torchatlas.__version__
    assert metadata["License-Expression"] == "Apache-2.0 AND OFL-1.1 AND MIT"
    licences = {"LICENSE", "NOTICE", "LICENSES/Inter-OFL-1.1.txt", "LICENSES/uPlot-MIT.txt"}
    assert set(metadata.get_all("License-File", [])) == licences
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_sdist_holds_the_sources_alone(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"web/package-lock.json", "web/src/main.ts", "hatch_build.py", "LICENSE", "README.md"}
    wanted |= {"NOTICE", "LICENSES/Inter-OFL-1.1.txt", "LICENSES/uPlot-MIT.txt"}
    assert wanted <= names
    built = (
        "web/node_modules",
        "web/dist",
        "src/torchatlas/report/viewer/",
        PAPER,
        ".venv",
        ".git/",
    )
    assert [name for name in names if name.startswith(built)] == []


def test_the_wheel_works_where_nothing_else_is_installed(bare: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    said = output([bare / "bin" / "python", "-I", "-W", "error", "-c", SMOKE, report])
    version, file = said.split()
    assert version == torchatlas.__version__
    assert Path(file).is_relative_to(bare)
    assert "<script>" in report.read_text(encoding="utf-8")


def test_the_command_answers_where_nothing_else_is_installed(bare: Path) -> None:
    said = output([bare / "bin" / "torchatlas", "--version"])
    assert said.split() == ["torchatlas", torchatlas.__version__]


@pytest.mark.slow
def test_the_sdist_builds_where_there_is_no_node(
    sdist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Node from its wheel, and npm packages fetched anew."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    tree = unpack(sdist, tmp_path)
    wheel = tmp_path / build("wheel", tree, tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        assert "torchatlas/report/viewer/viewer.js" in archive.namelist()


def unpack(sdist: Path, folder: Path) -> Path:
    """The one folder that an sdist holds."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def build(kind: str, tree: Path, folder: Path) -> str:
    """Build in a fresh interpreter, as a build front end does; gives the file's name."""
    script = f"import sys, hatchling.build as b; print(b.build_{kind}(sys.argv[1]))"
    return output([sys.executable, "-c", script, folder], cwd=tree).splitlines()[-1]


def output(command: list[str | Path], cwd: Path | None = None) -> str:
    """What a command prints; a failure shows what it complained about."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sources() -> list[Path]:
    return list((ROOT / "src" / "torchatlas").rglob("*.py"))


def wheel_metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def runtime_requirements(wheel: Path) -> set[str]:
    """Names of all that the wheel needs, and of what these need in turn."""
    open_, closed = list(wheel_metadata(wheel).get_all("Requires-Dist", [])), set()
    while open_:
        requirement = Requirement(open_.pop())
        marker = requirement.marker
        if requirement.name in closed or (marker and not marker.evaluate({"extra": ""})):
            continue
        closed.add(requirement.name)
        for extra in ("", *requirement.extras):
            for text in distribution(requirement.name).requires or []:
                inner = Requirement(text)
                if not inner.marker or inner.marker.evaluate({"extra": extra}):
                    open_.append(text.partition(";")[0])
    return closed


def top_level_paths(name: str) -> Iterator[Path]:
    """The files and folders that a distribution has in site-packages."""
    found = distribution(name)
    tops = {path.parts[0] for path in found.files or [] if path.parts[0] not in ("..", "bin")}
    yield from (Path(str(found.locate_file(top))) for top in tops if top != "__pycache__")
