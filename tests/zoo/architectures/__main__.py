"""`python -m tests.zoo.architectures`: follow every architecture and write the table anew."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.zoo.architectures import ARCHITECTURES, follow
from tests.zoo.architectures.table import page

TARGET = Path(__file__).parents[3] / "docs" / "architectures.md"


def main() -> int:
    """One model at a time. The table is written in any case; 1 says that a trace lost something."""
    rows = []
    for number, architecture in enumerate(ARCHITECTURES, 1):
        followed = follow(architecture)
        rows.append((architecture, followed))
        print(f"{number}/{len(ARCHITECTURES)} {architecture.id}", *followed.problems, sep="\n  ")
    TARGET.write_text(page(rows), encoding="utf-8")
    print(f"Written: {TARGET}")
    return int(any(followed.problems for _, followed in rows))


if __name__ == "__main__":
    sys.exit(main())
