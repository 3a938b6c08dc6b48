"""CONTRIBUTING's "how to add a …" is true: what it names is there, and counts as it says."""

from __future__ import annotations

import re
from pathlib import Path

from holdfast.rendering.components import COMPONENTS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def test_paths_that_it_names_are_there() -> None:
    named = set(re.findall(r"`([\w./-]+/[\w./-]+\.(?:py|yml|md))`", TEXT))
    homes = (ROOT, ROOT / "src/holdfast", ROOT / "src/holdfast/rendering", ROOT / "plugins")
    missing = {
        name
        for name in named
        if "NAME" not in name and not any((home / name).exists() for home in homes)
    }
    assert missing == set()


def test_a_timer_is_one_row() -> None:
    """The disk guard's units are named by its component, as a Job, and by nothing else."""
    named = {
        path.relative_to(ROOT).as_posix()
        for folder in ("src", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"holdfast-storage\.(service|timer)", path.read_text())
    }
    # Manifests of format 1 named no units: what they had is listed there.
    assert named == {"plugins/module_utils/generations/manifest.py"}
    templates = {path.name for path in (ROOT / "templates/systemd").glob("holdfast-storage.*")}
    assert templates == {"holdfast-storage.service.j2", "holdfast-storage.timer.j2"}


def test_every_component_has_one_row() -> None:
    folder = ROOT / "src/holdfast/rendering/components"
    combining = {"facts", "host"}
    names = {path.stem for path in folder.glob("*.py")} - {"__init__"} - combining
    assert names == {make.__module__.rsplit(".", 1)[1] for make in COMPONENTS}
