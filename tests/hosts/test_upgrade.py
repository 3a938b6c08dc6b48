"""Upgrades of a host: planned, refused, done under load, and undone when the new one fails."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from holdfast import catalogue
from tests.hosts.conftest import Site
from tests.hosts.test_lost_images import sent
from tests.hosts.traffic import load
from tests.integration.test_lost_images import put_schema_1

NEW, BROKEN, CUT = "3.1.2", "3.1.3", "3.1.4"
"""Versions of an own catalogue: the registry, one that does not serve, and a part of one."""


def offered(folder: Path, version: str, program: bytes, key: Path, cache: Path) -> None:
    """Add a release to the catalogue, and put its program where downloads are kept."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("registry")
        member.size = len(program)
        archive.addfile(member, io.BytesIO(program))
    path = folder / f"{version}.tar.gz"
    path.write_bytes(packed.getvalue())
    own = folder / "own.json"
    known = catalogue.proven(own, folder / "signers") if own.exists() else catalogue.kit()
    catalogue.write(own, catalogue.extended(known, version, [path], catalogue.today()), key)
    kept = cache / "holdfast" / hashlib.sha256(path.read_bytes()).hexdigest()
    kept.mkdir(parents=True)
    (kept / "registry").write_bytes(program)
    (kept / "registry").chmod(0o755)
    (kept / "sha256").write_text(hashlib.sha256(program).hexdigest())


@pytest.fixture(scope="module")
def site(
    new_site: Callable[..., Site],
    registry: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A host with registry 2.8, and an inventory whose catalogue has newer releases."""
    made = new_site()
    older = dict.fromkeys(name for name in made.variables if "distribution" in name)
    made.deploy(**older | {"registry_distribution_source": "package"})
    cache, key = tmp_path_factory.mktemp("cache"), made.folder / "key"
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(argv, check=True)
    public = (made.folder / "key.pub").read_text()
    (made.folder / "signers").write_text(f"ann@acme.example {public}")
    program = Path(registry["path"]).read_bytes()
    offered(made.folder, NEW, program, key, cache)
    mute = program.replace(b"serve <config>", b"never <config>")
    assert mute != program
    offered(made.folder, BROKEN, mute, key, cache)
    offered(made.folder, CUT, program[: 1 << 16], key, cache)
    made.variables["registry_distribution_catalogue"] = "own.json"
    made.variables["registry_distribution_catalogue_signers"] = "signers"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        yield made


def upgrade(site: Site, code: int, *arguments: str) -> str:
    """Run the verb; what it wrote into the inventory is kept for the next run."""
    done = site.holdfast("upgrade", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    text = (site.folder / "hosts.yml").read_text()
    own = yaml.safe_load(text)["registry"]["hosts"]["r1"]
    site.variables |= {name: one for name, one in own.items() if "distribution" in name}
    return done.stdout + done.stderr


def named(site: Site) -> tuple[str, str | None]:
    """Return source and version in the inventory."""
    keys = (f"registry_distribution_{key}" for key in ("source", "version"))
    source, version = (site.variables.get(key) for key in keys)
    return str(source), version


def test_a_plan_changes_nothing(site: Site) -> None:
    before = site.current()
    shown = upgrade(site, 0, "--plan", "--to", NEW)
    assert f"r1: registry 2.8.3 to {NEW}" in shown
    assert "3.1.1 fixes CVE-2026-41888" in shown
    assert "+      registry_distribution_source: release" in shown
    assert (named(site), site.current()) == (("package", None), before)
    assert "give --write" in upgrade(site, 2, "--to", NEW)
    assert (named(site), site.current()) == (("package", None), before)


def test_images_that_are_lost_are_named_and_nothing_is_changed(site: Site, tmp_path: Path) -> None:
    put_schema_1(tmp_path, "team/old", "1.0")
    sent(site, tmp_path, "/srv/registry")
    assert "found team/old:1.0. Copy them" in upgrade(site, 4, "--to", NEW, "--write")
    assert named(site) == ("package", None)
    site.host.run("rm -r /srv/registry/docker/registry/v2/repositories/team/old")


def test_no_request_fails_in_an_upgrade(site: Site) -> None:
    with load(site.client) as counts:
        upgrade(site, 0, "--to", NEW, "--write")
    assert counts.failures == [], counts
    assert counts.pulls > 5
    assert named(site) == ("release", NEW)
    assert f"registry {NEW}" in site.holdfast("generations").stdout.splitlines()[-1]
    assert f"{CUT} is newer than {NEW}" in site.holdfast("status").stdout


@pytest.mark.parametrize(("version", "code"), [(BROKEN, 5), (CUT, 4)])
def test_an_upgrade_that_fails_leaves_host_and_inventory(
    site: Site, version: str, code: int
) -> None:
    with load(site.client) as counts:
        shown = upgrade(site, code, "--to", version, "--write")
    assert counts.failures == [], counts
    assert "as before, because no host was upgraded" in shown
    assert named(site) == ("release", NEW)
    assert f"registry {NEW}, intact, answering" in site.holdfast("status").stdout


def test_no_request_fails_on_the_way_back(site: Site) -> None:
    with load(site.client) as counts:
        done = site.holdfast("rollback")
    assert done.returncode == 0, done.stdout + done.stderr
    assert counts.failures == [], counts
    assert "registry 2.8.3, intact, answering" in site.holdfast("status").stdout
