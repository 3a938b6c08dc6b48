"""A release as `make release` builds it: equal bytes, checksums, a signature, what it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast import __version__
from tests.packaging.conftest import ROOT, run


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("key")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key", cwd=folder)
    return folder / "key"


@pytest.fixture(scope="module")
def release(key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a release of a clone of this repository; two builds have to be equal."""
    clone, out = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("release")
    run("git", "clone", "--quiet", ROOT, clone, cwd=clone)
    options = ("--key", key, "--out", out)
    done = run(sys.executable, "-m", "release", *options, cwd=clone)
    assert "two builds were equal." in done.stdout
    return out


def test_it_has_all_files_and_their_checksums(release: Path) -> None:
    assert {path.name for path in release.iterdir()} == {
        "SHA256SUMS",
        "SHA256SUMS.sig",
        f"holdfast-{__version__}-py3-none-any.whl",
        f"holdfast-{__version__}.cdx.json",
        f"holdfast-{__version__}.provenance.json",
        f"holdfast-{__version__}.tar.gz",
        f"holdfast-registry-{__version__}.tar.gz",
    }
    done = run("sha256sum", "--strict", "--check", "SHA256SUMS", cwd=release)
    assert done.stdout.count(": OK") == 5


def test_the_signature_is_that_of_the_key(release: Path, key: Path, tmp_path: Path) -> None:
    signers = tmp_path / "allowed_signers"
    signers.write_text(f"maintainer@example.com {key.with_suffix('.pub').read_text()}")
    said = f"ssh-keygen -Y verify -f {signers} -I maintainer@example.com -n holdfast-release"
    argv = [*said.split(), "-s", str(release / "SHA256SUMS.sig")]
    text = (release / "SHA256SUMS").read_bytes()
    assert subprocess.run(argv, input=text, check=False).returncode == 0
    assert subprocess.run(argv, input=text + b"\n", check=False).returncode != 0


def test_ansible_accepts_the_collection(release: Path, core: Path, tmp_path: Path) -> None:
    galaxy = (core, "-m", "ansible", "galaxy", "collection")
    archive = release / f"holdfast-registry-{__version__}.tar.gz"
    where = ("-p", tmp_path / "collections")
    run(*galaxy, "install", archive, "--offline", *where, cwd=tmp_path)
    done = run(*galaxy, "verify", "holdfast.registry", "--offline", *where, cwd=tmp_path)
    assert "Successfully verified" in done.stdout


def test_what_it_needs_is_described(release: Path) -> None:
    found = json.loads((release / f"holdfast-{__version__}.cdx.json").read_text())
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    sums = (release / "SHA256SUMS").read_text()
    for file in found["metadata"]["component"]["components"]:
        assert f"{file['hashes'][0]['content']}  {file['name']}\n" in sums


def test_its_origin_is_stated(release: Path) -> None:
    found = json.loads((release / f"holdfast-{__version__}.provenance.json").read_text())
    sums = (release / "SHA256SUMS").read_text()
    assert len(found["subject"]) == 3
    for one in found["subject"]:
        assert f"{one['digest']['sha256']}  {one['name']}\n" in sums
    source = found["predicate"]["buildDefinition"]["externalParameters"]["source"]
    head = run("git", "rev-parse", "HEAD", cwd=ROOT)
    assert source["digest"]["gitCommit"] == head.stdout.strip()
