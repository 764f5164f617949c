"""What lies in the repository: no address of one machine, no vague promise, extras that exist."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import torchatlas

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HERE = "|".join(re.escape(str(path)) for path in (ROOT, Path.home()) if len(path.parts) > 1)
BANNED = {
    "a path of this machine": re.compile(rf"(?<![\w.])({HERE})/\w"),
    "a package index": re.compile(r"https?://(?:[\w.-]+\.)?registry\."),
    "unfinished work": re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b"),
}
BINARY = {".png", ".svg", ".npz", ".gz", ".woff2", ".ico"}


def tracked_files() -> list[Path]:
    """Files that git knows; all of them where the tree is no clone, as in an sdist."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode:
        folders = ("src", "tests", "docs", "benchmarks", "examples", "web/src")
        return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    names = filter(None, listing.stdout.split("\0"))
    return [path for name in names if (path := ROOT / name).is_file() or path.is_symlink()]


def complaints(text: str) -> list[str]:
    return [what for what, pattern in BANNED.items() if pattern.search(text)]


def test_no_file_holds_what_does_not_belong_there() -> None:
    files = [path for path in tracked_files() if path.suffix not in BINARY and path.is_file()]
    assert len(files) > 50
    found = {
        path.relative_to(ROOT).as_posix(): complaints(path.read_text(encoding="utf-8"))
        for path in files
        if path != Path(__file__).resolve()
    }
    assert {name: what for name, what in found.items() if what} == {}


def test_no_tracked_file_is_a_link_out_of_the_tree() -> None:
    links = [path for path in tracked_files() if path.is_symlink()]
    assert [link for link in links if not link.resolve().is_relative_to(ROOT)] == []
    assert not any("node_modules" in path.parts for path in tracked_files())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"open('{Path.home()}/model.pt')", "a path of this machine"),
        (f"see {ROOT}/README.md", "a path of this machine"),
        ('"resolved": "https://registry.example/uplot"', "a package index"),
        ("# TODO: later", "unfinished work"),
    ],
)
def test_a_planted_line_is_found(text: str, complaint: str) -> None:
    assert complaints(text) == [complaint]


def test_the_version_is_written_once() -> None:
    assert PROJECT["dynamic"] == ["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", torchatlas.__version__)


def test_every_extra_that_an_error_advises_can_be_installed() -> None:
    advised = {
        extra
        for path in (ROOT / "src").rglob("*.py")
        for extra in advised_extras(path.read_text(encoding="utf-8"))
    }
    assert advised
    assert advised <= set(PROJECT["optional-dependencies"])


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def advised_extras(source: str) -> set[str]:
    """The extras named in calls `require(name, why, extra)`."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {
        argument.value
        for call in calls
        if ast.unparse(call.func) == "require"
        for argument in [*call.args[2:3], *(k.value for k in call.keywords if k.arg == "extra")]
        if isinstance(argument, ast.Constant)
    }
