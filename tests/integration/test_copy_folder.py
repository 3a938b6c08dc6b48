"""Copies between a real registry and folders in the OCI layout, which skopeo reads and writes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    digest_of,
    two_layer_image,
)

from holdfast.copying.manifests import OCI_INDEX
from holdfast.errors import InputError
from holdfast.preview import Preview
from tests.integration.copied import attached, client, copied, get, index, signed
from tests.integration.gated import behind_gate


@pytest.fixture(scope="module")
def ours(registry_binary: Path) -> Iterator[Preview]:
    with behind_gate(registry_binary, "memory") as preview:
        yield preview


@pytest.fixture(autouse=True)
def journals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def skopeo(*words: str | Path) -> str:
    return subprocess.run(["skopeo", *words], capture_output=True, text=True, check=True).stdout


def test_out_to_a_folder_and_back(ours: Preview, tmp_path: Path) -> None:
    one, folder = client(ours), tmp_path / "kept"
    listed = index(one, "out/app", "1.0", ["amd64 of a folder", "arm64 of a folder"])
    sbom = attached(one, "out/app", listed, OCI_INDEX, "sbom of a folder")
    tag = signed(one, "out/app", listed, "signature of a folder")
    place = "oci", str(folder), ""
    report = copied(ours, ours, ["out/*"], address=place, outward=True)
    assert (report.failed, len(report.copied), report.hanging) == ([], 1, 2)
    assert len(copied(ours, ours, ["out/*"], address=place, outward=True).copied) == 0
    raw = skopeo("inspect", "--raw", f"oci:{folder}:out/app:1.0")
    assert digest_of(raw.encode()) == digest_of(listed)
    back = copied(ours, ours, address=place, below="back")
    assert (back.failed, back.hanging) == ([], 2)
    for reference in ("1.0", tag, digest_of(sbom), digest_of(listed).replace(":", "-")):
        assert get(one, "back/out/app", reference) == get(one, "out/app", reference)


def test_a_folder_of_skopeo_comes_in(ours: Preview, tmp_path: Path) -> None:
    image = two_layer_image("of skopeo")
    client(ours).push("from/app", "2", image)
    first, second = tmp_path / "first", tmp_path / "plain"
    place = "oci", str(first), ""
    copied(ours, ours, ["from/app"], address=place, outward=True)
    skopeo("copy", "--preserve-digests", f"oci:{first}:from/app:2", f"oci:{second}:2.0")
    report = copied(ours, ours, address=("oci", str(second), ""), below="in")
    assert [one[:2] for one in report.copied] == [("plain", "2.0")]
    assert client(ours).pull("in/plain", "2.0") == image


def test_a_damaged_blob_is_named_and_its_image_left_out(ours: Preview, tmp_path: Path) -> None:
    good, bad = two_layer_image("stays"), two_layer_image("damaged")
    client(ours).push("damage/app", "good", good)
    client(ours).push("damage/app", "bad", bad)
    place = "oci", str(tmp_path / "kept"), ""
    copied(ours, ours, ["damage/app"], address=place, outward=True)
    layer = json.loads(bad.manifest)["layers"][0]["digest"].partition(":")[2]
    path = tmp_path / "kept/blobs/sha256" / layer
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    report = copied(ours, ours, address=place, below="damaged")
    assert [(one[1], "it was changed" in one[2]) for one in report.failed] == [("bad", True)]
    assert client(ours).pull("damaged/damage/app", "good") == good
    assert get(client(ours), "damaged/damage/app", "bad")[0] == 404


def test_other_folders_are_refused(ours: Preview, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").write_text("precious")
    with pytest.raises(InputError, match="index\\.json"):
        copied(ours, ours, address=("oci", str(tmp_path / "other"), ""), outward=True)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["file"]
