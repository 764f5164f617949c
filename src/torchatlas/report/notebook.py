"""A report as the output of a notebook's cell: a sandboxed frame, and a picture where frames are
taken away."""

from __future__ import annotations

import base64
import html

_STYLE = "display:block;width:100%;height:min(760px,85vh);min-height:420px;border:0;resize:vertical"


def notebook_frame(page: str, name: str, picture: str | None) -> str:
    """HTML for a notebook that shows a report without letting it reach the notebook.

    The frame holds the whole page and needs no server and no network, also after the notebook was
    saved and opened again. It may run its own script, go full screen and start downloads, and
    nothing else. A notebook that is not trusted strips frames from outputs and keeps what is
    between their tags: there stands the picture, which browsers that show the frame ignore.

    Args:
        page: the report, as `render_html` gives it.
        name: of the run, for those who cannot see the frame.
        picture: the architecture as SVG; None shows a sentence in its place.
    """
    title = html.escape(f"TorchAtlas: {name}", quote=True)
    return (
        f'<iframe title="{title}" sandbox="allow-scripts allow-downloads" allow="fullscreen" '
        f'allowfullscreen style="{_STYLE}" srcdoc="{html.escape(page, quote=True)}">'
        f"{_instead(title, picture)}</iframe>"
    )


def _instead(title: str, picture: str | None) -> str:
    if picture is None:
        return (
            f"<p>{title}. The report is not shown, because this notebook is not trusted or its "
            "viewer takes frames out.</p>"
        )
    data = base64.b64encode(picture.encode()).decode()
    return f'<img alt="{title}" src="data:image/svg+xml;base64,{data}">'
