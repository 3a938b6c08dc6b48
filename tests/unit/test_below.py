"""Places that a gate may move and remove. Only texts are judged here: nothing is removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.below import (
    path_below,
    real_below,
    several,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files

FOLDER = "/srv/registry/docker/registry/v2"
OUTSIDE = ["/", "", ".", "..", "/etc", "a/../..", "../x", "a//b", "a/", "./a", "a/./b", "a\0", None]


@pytest.mark.parametrize("place", OUTSIDE)
def test_a_place_outside_is_refused(place: Any) -> None:
    with pytest.raises(ValueError, match=r"expected a place below .*, got another one\. Name it"):
        path_below(FOLDER, place)


@pytest.mark.parametrize("folder", ["", "/", "//", ".", "srv", "/srv/.."])
def test_a_folder_that_is_none_of_ours_is_refused(folder: str) -> None:
    with pytest.raises(ValueError, match="expected a place below"):
        path_below(folder, "blobs")


def test_a_place_inside_is_joined() -> None:
    assert path_below(FOLDER, "blobs/sha256/ab") == f"{FOLDER}/blobs/sha256/ab"
    assert real_below(FOLDER, "a..b/.c") == f"{FOLDER}/a..b/.c"


def test_a_link_on_the_way_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "store/link").symlink_to(tmp_path / "other")
    with pytest.raises(ValueError, match="expected a place below"):
        real_below(str(tmp_path / "store"), "link/file")
    # The link itself is inside: it is what is moved, not what it names.
    assert real_below(str(tmp_path / "store"), "link") == str(tmp_path / "store/link")


@pytest.mark.parametrize("places", ["blobs/one", b"blobs", None, {"a": 1}, iter(["a"])])
def test_a_text_is_no_list_of_places(places: Any) -> None:
    with pytest.raises(ValueError, match="expected a list of texts"):
        several(places)


@pytest.mark.parametrize("path", ["", "/", "//", "/etc", "/usr/", "/.", "/a/..", "/srv/x/../.."])
def test_the_top_of_a_machine_is_never_removed(path: str) -> None:
    with pytest.raises(ValueError, match="expected a path below a folder"):
        files.removable(path)
    assert files.removable("/srv/registry") == "/srv/registry"
