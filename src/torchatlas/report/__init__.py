"""Run to one HTML file that opens anywhere, without a server or a network."""

from torchatlas.report.html import read_html, render_html
from torchatlas.report.notebook import notebook_frame

__all__ = ["notebook_frame", "read_html", "render_html"]
