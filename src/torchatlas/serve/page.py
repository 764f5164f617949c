"""The pages of the live app: the viewer's own bundle, and what it should show."""

from __future__ import annotations

import html
from importlib.resources import files
from typing import Literal

from torchatlas.errors import RunError

Kind = Literal["runs", "run", "comparison"]

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='none' "
    "stroke='%232f55cf' stroke-width='1.6'%3E%3Ccircle cx='10' cy='10' r='8.5'/%3E%3Cpath "
    "d='M10 1.5c5.5 5 5.5 12 0 17M10 1.5c-5.5 5-5.5 12 0 17'/%3E%3C/svg%3E"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="torchatlas-live" content="{kind}">
<title>{title}</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="{base}viewer.css">
<script defer src="{base}viewer.js"></script>
</head>
<body>
<div id="app"></div>
<noscript>This page is drawn by a script of this machine; allow scripts to see it.</noscript>
</body>
</html>
"""


def page(kind: Kind, title: str, base: str) -> str:
    """The page as text. Nothing of a run is in it but its name."""
    return _PAGE.format(kind=kind, title=html.escape(title), icon=_ICON, base=base)


def viewer_file(name: Literal["viewer.js", "viewer.css"]) -> str:
    """The text of a part of the bundle: the one that reports have inside.

    Raises:
        RunError: the viewer was not built into this installation.
    """
    path = files("torchatlas") / "report" / "viewer" / name
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RunError(
            f"the viewer's {name} is missing from this installation; in a source checkout build "
            "it with `make viewer`, else install torchatlas again"
        ) from error
