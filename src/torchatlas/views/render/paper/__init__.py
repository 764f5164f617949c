"""The architecture graph on paper: one drawing as plain data, written in several ways.

The drawing is made by the viewer's own layout code, in an embedded JavaScript engine: no browser
and no Graphviz is needed.
"""

from torchatlas.views.render.paper.drawing import Drawing
from torchatlas.views.render.paper.engine import draw_architecture
from torchatlas.views.render.paper.write import (
    ARCHITECTURE_BACKENDS,
    FILE_ENDINGS,
    drawing_file,
    drawing_options,
    render_drawing,
)

__all__ = [
    "ARCHITECTURE_BACKENDS",
    "FILE_ENDINGS",
    "Drawing",
    "draw_architecture",
    "drawing_file",
    "drawing_options",
    "render_drawing",
]
