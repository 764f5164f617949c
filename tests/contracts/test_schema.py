"""The viewer's types follow the Python dataclasses; a difference means `make schema`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import hatch_build
import pytest

from torchatlas.run import json_schema

ROOT = Path(__file__).parents[2]
GENERATED = Path("src", "generated")


def test_the_viewer_has_the_schema_of_the_dataclasses() -> None:
    stored = json.loads((ROOT / "web" / GENERATED / "document.schema.json").read_text("utf-8"))
    assert stored == json_schema(), "run `make schema`"


def test_the_viewers_types_are_generated_from_that_schema(tmp_path: Path) -> None:
    web = tmp_path / "web"
    (web / GENERATED).mkdir(parents=True)
    shutil.copytree(ROOT / "web" / "scripts", web / "scripts")
    shutil.copyfile(ROOT / "web" / "package.json", web / "package.json")
    schema = web / GENERATED / "document.schema.json"
    schema.write_text(json.dumps(json_schema()), encoding="utf-8")
    (web / "node_modules").symlink_to(installed_packages(), target_is_directory=True)

    hatch_build.find_npm().run(web, "run", "generate")

    fresh = (web / GENERATED / "document.ts").read_text(encoding="utf-8")
    stored = (ROOT / "web" / GENERATED / "document.ts").read_text(encoding="utf-8")
    assert fresh == stored, "run `make schema`"


def installed_packages() -> Path:
    folder = ROOT / "web" / "node_modules"
    if not folder.is_dir():
        pytest.fail("web/node_modules is missing: run `make viewer` first, or `make test`")
    return folder
