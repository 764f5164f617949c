"""Reads every import of the package and says which of them the house does not allow."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FLOORS = (
    ("__main__",),
    ("cli",),
    ("demo",),
    ("api",),
    ("atlas", "measurement", "checkpoints"),
    ("report", "serve"),
    ("views",),
    ("capture", "measure", "store"),
    ("run",),
    ("_optional", "_progress"),
    ("errors",),
)
"""From the roof down. A room imports from lower floors and from itself, never from beside it."""

FRONT_DOOR = "torchatlas"
"""The package itself: names of the floors that users see. Only rooms above them come in by it."""

ANY_ROOM = frozenset({"__version__"})
"""What every room may take from the front door."""

PACKAGES = {
    "__main__": set(),
    "cli": {"rich"},
    "demo": {"numpy", "rich", "sklearn", "torch", "torchvision"},
    "api": {"torch"},
    "atlas": {"pandas", "IPython"},
    "measurement": {"torch"},
    "checkpoints": {"torch"},
    "report": set(),
    "serve": {"numpy", "starlette", "uvicorn"},
    "views": {"numpy"},
    "views.render": {
        "fontTools",
        "matplotlib",
        "numpy",
        "pandas",
        "plotly",
        "quickjs",
        "reportlab",
        "resvg_py",
        "seaborn",
    },
    "capture": {"numpy", "timm", "torch", "torchvision", "transformers"},
    "capture.callbacks": {"lightning", "torch", "transformers"},
    "measure": {"numpy"},
    "store": {"numpy", "google_crc32c", "pyarrow"},
    "run": {"numpy"},
    "_progress": {"rich"},
    "_optional": set(),
    "errors": set(),
    FRONT_DOOR: set(),
}
"""Which packages, beside the standard library, a room may know."""

_DRAWING = {"fontTools", "matplotlib", "plotly", "quickjs", "reportlab", "resvg_py", "seaborn"}
_SERVING = {"starlette", "uvicorn"}

_LIBRARIES = {"lightning", "timm", "torchvision", "transformers"}

LATE = _DRAWING | _SERVING | _LIBRARIES | {"IPython", "pandas", "pyarrow", "rich", "sklearn"}
"""Packages that a file may load only when they are needed, not while it is imported itself."""

LATE_IN = {"api": {"torch"}, "measurement": {"torch"}, "checkpoints": {"torch"}}
"""The same, in single rooms."""

FOR_LIBRARIES = ("views.render", "capture.callbacks")
"""Their files may load their library at once: they are imported only when they are asked for."""


@dataclass(frozen=True)
class Import:
    """One import: `target` is a dotted name, `late` when it runs inside a function, `typing` when
    it is there for the type checker alone."""

    target: str
    line: int
    late: bool = False
    typing: bool = False


def violations(package: Path) -> list[str]:
    """What breaks the rules in the package folder, a sentence each, with file and line."""
    found: list[str] = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        room = FRONT_DOOR if parts == ("__init__",) else parts[0]
        where = path.relative_to(package).as_posix()
        if room not in PACKAGES:
            found.append(f"{where}: {room!r} is no room of the house (see ARCHITECTURE.md)")
            continue
        imports = imports_of(path, parts, package.name)
        problems = [(item.line, _problem(item, room, parts, package)) for item in imports]
        found += [f"{where}:{line}: {text}" for line, text in problems if text]
    return found


def imports_of(path: Path, parts: tuple[str, ...], package: str) -> list[Import]:
    """Every import of a file, also those inside functions and by a literal name."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    home = (package, *parts[:-1])
    return list(_walk(tree, home, late=False, typing=False))


def _walk(node: ast.AST, home: tuple[str, ...], late: bool, typing: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, late, typing)
        elif isinstance(child, ast.ImportFrom):
            base = ".".join(home[: len(home) - child.level + 1]) if child.level else ""
            module = ".".join(part for part in (base, child.module) if part)
            for alias in child.names:
                yield Import(f"{module}.{alias.name}", child.lineno, late, typing)
        elif isinstance(child, ast.Call) and (target := _imported_by_call(child)):
            yield Import(target, child.lineno, late, typing)
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            yield from _walk(ast.Module(child.body, []), home, late, typing=True)
            yield from _walk(ast.Module(child.orelse, []), home, late, typing)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _walk(child, home, late or function, typing)


def _imported_by_call(call: ast.Call) -> str | None:
    """The target of `import_module("x")`, `__import__("x")` or `require("x", ...)`."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    if name not in ("import_module", "__import__", "require") or not call.args:
        return None
    target = call.args[0]
    return (
        target.value if isinstance(target, ast.Constant) and isinstance(target.value, str) else None
    )


def _problem(item: Import, room: str, parts: tuple[str, ...], package: Path) -> str | None:
    top, _, rest = item.target.partition(".")
    if top == package.name:
        return None if room == FRONT_DOOR else _inside(rest, room, package)
    return _outside(item, top, room, parts)


def _inside(rest: str, room: str, package: Path) -> str | None:
    target = rest.partition(".")[0]
    if target not in PACKAGES:
        exists = (package / target).is_dir() or (package / f"{target}.py").is_file()
        if exists:
            return f"imports {target!r}, which is no room of the house"
        if target in ANY_ROOM or _floor(room) < _floor("api"):
            return None
        return f"{room} takes {target or 'the package'!r} by the front door, from above itself"
    if target == room or _floor(target) > _floor(room):
        return None
    direction = "sideways" if _floor(target) == _floor(room) else "upward"
    return f"{room} imports {direction} from {target}"


def _outside(item: Import, top: str, room: str, parts: tuple[str, ...]) -> str | None:
    if top in sys.stdlib_module_names or item.typing:
        return None
    inner = ".".join(parts[:2])
    if top not in PACKAGES.get(inner, PACKAGES[room]):
        return f"{room} does not know {top}"
    late = LATE | LATE_IN.get(room, set())
    if inner in FOR_LIBRARIES and parts[-1] != "__init__":
        late -= PACKAGES[inner]
    if not item.late and top in late:
        return f"{room} loads {top} while it is imported; load it where it is used"
    return None


def _floor(room: str) -> int:
    return next(level for level, rooms in enumerate(FLOORS) if room in rooms)
