"""The colours that every renderer draws with, light and dark."""

from __future__ import annotations

from dataclasses import dataclass

from torchatlas.errors import RunError
from torchatlas.run import Role

FONTS = (
    "Inter",
    "SF Pro Text",
    "Segoe UI",
    "Roboto",
    "Helvetica Neue",
    "Arial",
    "Liberation Sans",
    "DejaVu Sans",
)


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as `#rrggbb`; `sequential` runs from low to high,
    `diverging` from negative to positive, `empty` is a cell that holds 0."""

    background: str
    empty: str
    grid: str
    axis: str
    text: str
    second: str
    third: str
    odd: str
    roles: dict[Role, str]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]


_LIGHT = Theme(
    background="#ffffff",
    empty="#eef1f5",
    grid="#e2e6ec",
    axis="#8a93a1",
    text="#14181f",
    second="#454d5a",
    third="#5b6472",
    odd="#b3261e",
    roles={
        "weights": "#3a66a8",
        "activations": "#14795a",
        "gradients": "#9a5a1e",
        "updates": "#57307f",
        "train": "#454d5a",
        "test": "#2f55cf",
        "neutral": "#5b6472",
        "accent": "#2f55cf",
        "conv": "#2563b0",
        "norm": "#c98a1b",
        "elementwise": "#2a9d78",
        "linear": "#a83a14",
        "pool": "#57307f",
        "host": "#8a93a1",
    },
    sequential=(
        "#faf2c0",
        "#cee09c",
        "#98cf88",
        "#5abc83",
        "#01a585",
        "#048881",
        "#056c75",
        "#045365",
        "#083a52",
    ),
    diverging=(
        "#005b9f",
        "#4681bc",
        "#7ea7d2",
        "#b6cde7",
        "#f6f2f1",
        "#e4c2b3",
        "#cd947b",
        "#b26743",
        "#923a02",
    ),
)

_DARK = Theme(
    background="#14171c",
    empty="#1b1f26",
    grid="#262b33",
    axis="#5f6876",
    text="#e8ebf0",
    second="#b3bac6",
    third="#8b94a3",
    odd="#ff8a7a",
    roles={
        "weights": "#7fb0f2",
        "activations": "#4cc3a0",
        "gradients": "#f0a060",
        "updates": "#dccbf7",
        "train": "#b3bac6",
        "test": "#8fb0ff",
        "neutral": "#8b94a3",
        "accent": "#8fb0ff",
        "conv": "#5b9bf0",
        "norm": "#f2c45e",
        "elementwise": "#3fb995",
        "linear": "#ea7046",
        "pool": "#dccbf7",
        "host": "#8b94a3",
    },
    sequential=(
        "#002e4d",
        "#01465b",
        "#035f6a",
        "#067977",
        "#00967c",
        "#3faf79",
        "#83c37d",
        "#b8d48e",
        "#e4e6ae",
    ),
    diverging=(
        "#81c5fe",
        "#5d9dd2",
        "#4c769a",
        "#3b5164",
        "#302d2b",
        "#614938",
        "#936647",
        "#c78557",
        "#fea667",
    ),
)

THEMES = {"light": _LIGHT, "dark": _DARK}


def theme_named(name: str) -> Theme:
    """The theme of that name.

    Raises:
        RunError: there is none.
    """
    if name not in THEMES:
        raise RunError(f"there is no theme {name!r}; the themes are {', '.join(THEMES)}")
    return THEMES[name]


def ink_on(colour: str) -> str:
    """Black or white, whichever is the easier to read on `#rrggbb`."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"
