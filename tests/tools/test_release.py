"""Test the parts of `make release`: refusals, comparison, order and description."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

from holdfast.errors import RefusedError
from holdfast.platforms import PLATFORMS
from release import artefacts, collection, provenance, sbom, source

ROOT = Path(__file__).parents[2]


def archive(path: Path, names: list[str], time: int) -> Path:
    """Write what ansible-galaxy could: files in some order, at some time, of some user."""
    listed = {"files": [{"name": name, "ftype": "file"} for name in names], "format": 1}
    manifest = {"file_manifest_file": {"name": "FILES.json", "chksum_sha256": "0"}}
    texts = {"MANIFEST.json": json.dumps(manifest), "FILES.json": json.dumps(listed)}
    with tarfile.open(path, "w:gz") as made:
        for name in (*texts, *names):
            data = texts.get(name, f"text of {name}").encode()
            entry = tarfile.TarInfo(name)
            entry.mtime, entry.size, entry.uid, entry.mode = time, len(data), time, 0o640
            made.addfile(entry, io.BytesIO(data))
    return path


def test_order_time_and_owner_of_a_collection_do_not_depend_on_its_build(tmp_path: Path) -> None:
    one = archive(tmp_path / "one.tar.gz", ["b.py", "a.py"], 1)
    two = archive(tmp_path / "two.tar.gz", ["a.py", "b.py"], 2)
    assert one.read_bytes() != two.read_bytes()
    for path in (one, two):
        collection.normalize(path, 1_700_000_000)
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as made:
        assert made.getnames() == ["MANIFEST.json", "FILES.json", "a.py", "b.py"]
        assert {entry.mtime for entry in made} == {1_700_000_000}
        files, manifest = (made.extractfile(name) for name in ("FILES.json", "MANIFEST.json"))
        assert files
        assert manifest
        expected = json.loads(manifest.read())["file_manifest_file"]["chksum_sha256"]
        (tmp_path / "files").write_bytes(files.read())
    assert artefacts.digest(tmp_path / "files") == expected


def test_one_other_byte_and_a_missing_file_are_found(tmp_path: Path) -> None:
    for folder, text in (("one", "a"), ("two", "b")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same").write_text("same")
        (tmp_path / folder / "other").write_text(text)
    (tmp_path / "two" / "more").write_text("")
    found = artefacts.differing((tmp_path / "one").iterdir(), (tmp_path / "two").iterdir())
    assert found == ["more", "other"]


def git(folder: Path, *words: str) -> None:
    own = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    subprocess.run(["git", "-C", str(folder), *own, *words], check=True, capture_output=True)


def test_a_working_tree_that_is_not_committed_is_refused(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    git(clone, "init", "-q")
    (clone / "file").write_text("committed")
    git(clone, "add", "file")
    git(clone, "commit", "-q", "-m", "first")
    commit = source.committed(clone)
    (clone / "new").write_text("not committed")
    with pytest.raises(RefusedError, match="new: expected a working tree as committed, found 1"):
        source.committed(clone)
    assert [p.name for p in source.exported(clone, commit, tmp_path / "out").iterdir()] == ["file"]


def test_everything_that_is_needed_is_described_with_its_licence(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_text("a")
    found = sbom.document([tmp_path / "a.whl"], 1_700_000_000)
    assert found == sbom.document([tmp_path / "a.whl"], 1_700_000_000)
    names = {one["name"]: one for one in found["components"]}
    wanted = {"ansible-core", "click", "cryptography", "jinja2", "pydantic", "pyyaml", "rich"}
    assert wanted <= set(names)
    assert {"pluggy", "markupsafe"} <= set(names)  # needed by what is needed
    assert "ruff" not in names
    assert all(one["licenses"][0]["expression"] for one in names.values())
    assert names["ansible-core"]["licenses"] == [{"expression": "GPL-3.0-or-later"}]
    assert names["click"]["purl"] == f"pkg:pypi/click@{distribution('click').version}"
    references = {one["bom-ref"] for one in found["components"]}
    references.add(found["metadata"]["component"]["bom-ref"])
    assert {one["ref"] for one in found["dependencies"]} == references
    assert all(set(one["dependsOn"]) <= references for one in found["dependencies"])
    (file,) = found["metadata"]["component"]["components"]
    assert file["hashes"][0]["content"] == artefacts.digest(tmp_path / "a.whl")


def test_a_statement_names_the_artefacts_the_commit_and_the_locks(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_text("a")
    commit = source.Commit("0123456789abcdef" * 2, 1_700_000_000)
    found = provenance.statement([tmp_path / "a.whl"], commit, ROOT)
    assert found == provenance.statement([tmp_path / "a.whl"], commit, ROOT)
    (subject,) = found["subject"]
    assert subject["digest"]["sha256"] == artefacts.digest(tmp_path / "a.whl")
    origin, *locks = found["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert origin["digest"]["gitCommit"] == commit.name
    assert [one["uri"] for one in locks] == ["locks/dev.txt", "locks/setuptools.txt"]
    # The address of the build's kind leads to a heading that is there.
    page, _, heading = found["predicate"]["buildDefinition"]["buildType"].partition("#")
    text = (ROOT / "docs" / page.rpartition("/")[2]).read_text()
    assert f"## {heading.replace('-', ' ').capitalize()}" in text


def test_the_supported_versions_are_those_of_the_sources() -> None:
    table = (ROOT / "docs/releases.md").read_text().partition("## What is supported")[2]
    for row in PLATFORMS.values():
        assert row.title in table
        assert row.registry_version in table
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"| {project['requires-python'].removeprefix('>=')} and newer |" in table
    (core,) = (one for one in project["dependencies"] if one.startswith("ansible-core"))
    assert core == "ansible-core>=2.19,<2.22"
    assert "| ansible-core | 2.19 to 2.21 |" in table
    assert f"the tests run with {distribution('ansible-core').version.rpartition('.')[0]}" in table
