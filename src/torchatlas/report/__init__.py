"""Run to one HTML file that opens anywhere, without a server or a network."""

from torchatlas.report.html import read_html, render_html

__all__ = ["read_html", "render_html"]
