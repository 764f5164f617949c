"""One HTML file with the viewer and the data in it, and the data read back from such a file."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import zlib
from importlib.resources import files
from pathlib import Path

from torchatlas.errors import RunError
from torchatlas.run import Document, from_json, to_json

DATA_ID = "torchatlas-data"
DATA_TYPE = "application/octet-stream+gzip+base64"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<div id="app"></div>
<noscript>This report is drawn by the script inside it; allow scripts to see it.</noscript>
<script type="{data_type}" id="{data_id}">{data}</script>
<script>{js}</script>
</body>
</html>
"""


def render_html(document: Document) -> str:
    """The page as text: no request to anywhere, scripts limited to the one inside.

    Raises:
        RunError: the viewer was not built into this installation.
    """
    css, js = _viewer("viewer.css"), _viewer("viewer.js")
    if "</script" in js.lower() or "</style" in css.lower():
        raise RunError("the viewer's bundle closes its own tag and cannot be written inline")
    policy = (
        f"default-src 'none'; script-src '{_hash(js)}'; style-src '{_hash(css)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    return _PAGE.format(
        policy=policy,
        title=html.escape(f"{document.run.name} · TorchAtlas"),
        css=css,
        js=js,
        data_type=DATA_TYPE,
        data_id=DATA_ID,
        data=_pack(document),
    )


def read_html(path: Path) -> Document:
    """The data of a saved report.

    Raises:
        RunError: the file is no report of TorchAtlas, or its data are damaged.
    """
    pattern = rf'<script type="{re.escape(DATA_TYPE)}" id="{DATA_ID}">([A-Za-z0-9+/=]*)</script>'
    found = re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise RunError(f"{path} is an HTML file, but no report saved by TorchAtlas")
    try:
        data = json.loads(gzip.decompress(base64.b64decode(found[1])))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise RunError(f"the data inside {path} are damaged: {error}") from error
    return from_json(Document, data, "document")


def _pack(document: Document) -> str:
    text = json.dumps(to_json(document), separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(gzip.compress(text.encode(errors="replace"), mtime=0)).decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _viewer(name: str) -> str:
    try:
        return (files("torchatlas.report") / "viewer" / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RunError(
            f"the viewer's {name} is missing from this installation; in a source checkout build "
            "it with `make viewer`, else install torchatlas again"
        ) from error
