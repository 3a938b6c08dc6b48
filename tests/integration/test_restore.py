"""Restores of a real registry: onto an empty one, cut and continued, and of a part."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.backup.fetching import Writer
from ansible_collections.holdfast.registry.plugins.module_utils.backup.messages import not_restored
from ansible_collections.holdfast.registry.plugins.module_utils.gate import pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import restore
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import digest_of
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.preview import Preview
from tests.integration.backups import Saved, find_restic, saved_in, saving
from tests.integration.gated import client, store
from tests.integration.generations import VERSIONS
from tests.integration.pushed import INDEX_TYPE, image, index
from tests.skips import lacks

IMAGES = 15
"""More blobs than are read one by one."""


@pytest.fixture(autouse=True)
def restic(monkeypatch: pytest.MonkeyPatch) -> None:
    find_restic(monkeypatch)


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    with saving(registry_binary, "3.1.1") as running:
        yield running


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


def pushed(preview: Preview) -> dict[tuple[str, str], Image]:
    """Push images, one of them larger than a block of a pipe; return them by name and tag."""
    noise = random.Random(1).randbytes(3 << 20).hex()
    images = {(f"team/app-{n}", "1.0"): two_layer_image(f"image {n}") for n in range(IMAGES)}
    images["team/large", "1.0"] = image(noise, size=len(noise) + 100)
    for (name, tag), one in images.items():
        client(preview).push(name, tag, one)
    return images


def push_index(preview: Preview) -> tuple[str, list[Image]]:
    """Push an index whose images have no tags; return its digest and the images."""
    parts = [two_layer_image(f"part {n}") for n in range(2)]
    for one in parts:
        client(preview).push("team/several", one.digest, one)
    content = index(*parts)
    put = {"Content-Type": INDEX_TYPE}
    reply = client(preview).request("PUT", "/v2/team/several/manifests/all", content, put)
    assert reply.status == 201
    return digest_of(content), parts


@VERSIONS
def test_an_empty_registry_becomes_the_one_that_was_saved(
    registry_of: Path, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with saving(registry_of, version) as first:
        images = pushed(first)
        whole, parts = push_index(first)
        saved = saved_in(first, folder(tmp_path, "first"))
        assert saved.backup().problems == ()
        times = {
            (one["repository"], one["tag"]): one["time"]
            for one in pushes.read(saved.plan["pushes"])
        }
    with saving(registry_of, version) as second:
        site = saved.onto(second, folder(tmp_path, "second"))
        cut(site, monkeypatch)
        assert client(second).request("GET", "/v2/_catalog").body.count(b"team") == 0
        # A newer backup, or none: the same snapshot goes on.
        done = site.go_on()
        assert done.problems == ()
        assert done.figures["tags"] == len(images) + 1
        for (name, tag), one in images.items():
            assert client(second).pull(name, tag) == one
        accept = {"Accept": INDEX_TYPE}
        path = "/v2/team/several/manifests/all"
        reply = client(second).request("GET", path, b"", accept)
        assert digest_of(reply.body) == whole
        assert [client(second).pull("team/several", one.digest) for one in parts] == parts
        again = {
            (one["repository"], one["tag"]): one["time"] for one in pushes.read(site.plan["pushes"])
        }
        assert {key: again[key] for key in images} == {key: times[key] for key in images}
        # Now it is not empty; and what was restored can be pushed and deleted as ever.
        refused = pytest.raises(StepError, match=r"expected no images, found team/.*--only")
        with refused:
            site.restore()
        # A restore of a part that was cut is no reason to let everything in.
        order = Path(site.plan["work"]) / restore.ORDER
        order.write_text('{"snapshot": "", "only": "team/app-0"}')
        with refused:
            site.restore()
        name, one = "team/app-0", images["team/app-0", "1.0"]
        assert client(second).delete(name, one.digest)
        client(second).push(name, "1.0", one)


def cut(site: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    """End a restore when some blobs are written."""
    real, written = Writer.blob, list[str]()

    def blob_until(self: Writer, digest: str, parts: object) -> int | None:
        if len(written) > IMAGES // 2:
            raise OSError("cut")
        written.append(digest)
        return real(self, digest, parts)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "blob", blob_until)
        with pytest.raises(OSError, match="cut"):
            site.restore()


def test_one_tag_comes_back_beside_what_is_there(preview: Preview, tmp_path: Path) -> None:
    site, connection = saved_in(preview, tmp_path), client(preview)
    site.write()
    old, new, other = (two_layer_image(text) for text in ("old", "new", "other"))
    connection.push("b/app", "1.0", old)
    connection.push("b/app", "2.0", other)
    snapshot = site.backup().figures["snapshot"]
    connection.push("b/app", "1.0", new)
    connection.push("b/later", "1.0", new)
    assert connection.delete("b/app", other.digest)
    for digest in (*other.blobs, other.digest):
        Path(store(preview).path(blob(digest))).unlink(missing_ok=True)
    done = site.restore(snapshot, "b/app:2.0")
    assert (done.figures["tags"], done.figures["manifests"]) == (1, 1)
    assert connection.pull("b/app", "2.0") == other
    # A tag that names another image meanwhile stays; its old image is there again.
    done = site.restore(snapshot[:8], "b/app")
    assert done.figures["kept"] == ["b/app:1.0"]
    assert done.lines[1] == "b/app:1.0: names another image here, and stays"
    assert connection.pull("b/app", "1.0") == new
    assert connection.pull("b/app", old.digest) == old
    assert connection.pull("b/later", "1.0") == new
    with pytest.raises(StepError, match="--only: expected a repository or tag of the backup"):
        site.restore(snapshot, "b/later")
    with pytest.raises(StepError, match="expected one of the snapshots below") as caught:
        site.restore("ffffffff", "b/app")
    assert [line for line in caught.value.lines if line.startswith(snapshot[:8])]


def lose_password(site: Saved) -> None:
    (Path(site.secrets) / "password").write_text("another one\n")


def lose_target(site: Saved) -> None:
    Path(site.plan["target"]).rename(f"{site.plan['target']}.away")


def damage_packs(site: Saved) -> None:
    """Change a byte of each pack; the lists of the snapshots are among them."""
    for pack in (Path(site.plan["target"]) / "data").rglob("*"):
        if pack.is_file():
            content = bytearray(pack.read_bytes())
            content[len(content) // 3] ^= 1
            pack.chmod(0o600)
            pack.write_bytes(content)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (lose_password, "registry_backup_password"),
        (lose_target, r"repository: restic snapshots: .*See docs/backup\.md"),
        (damage_packs, r"repository: restic (dump|ls): .*See docs/backup\.md"),
    ],
)
def test_a_backup_that_cannot_be_read_is_said_and_changes_nothing(
    preview: Preview, tmp_path: Path, bad: Callable[[Saved], None], says: str
) -> None:
    site, connection = saved_in(preview, tmp_path), client(preview)
    site.write()
    image = two_layer_image("cannot be read")
    connection.push("d/app", "1.0", image)
    site.backup()
    assert connection.delete("d/app", image.digest)
    for digest in image.blobs:
        Path(store(preview).path(blob(digest))).unlink()
    bad(site)
    with pytest.raises(StepError, match=says):
        site.restore(only="d/app")
    assert connection.request("HEAD", "/v2/d/app/manifests/1.0").status == 404


def test_a_disk_without_room_is_said_before_anything_is_written(
    preview: Preview, tmp_path: Path
) -> None:
    site, small = saved_in(preview, tmp_path), folder(tmp_path, "small")
    site.write()
    client(preview).push("e/app", "1.0", image("large", size=3 << 20))
    site.backup()
    argv = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(small)]
    if subprocess.run(argv, check=False, capture_output=True).returncode:
        lacks("root", "nothing can be mounted")
    try:
        site.plan["images"] = str(small)
        with pytest.raises(StepError, match=r"expected 3\.\d MiB of free space .* found 2\.0 MiB"):
            site.restore(only="e/app")
        assert not [one for one in small.rglob("*") if one.is_file()]
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_blob_that_is_damaged_in_the_backup_never_gets_its_name(
    preview: Preview, tmp_path: Path
) -> None:
    site, connection = saved_in(preview, tmp_path), client(preview)
    site.write()
    hurt = two_layer_image("hurt before it was saved")
    connection.push("c/app", "1.0", hurt)
    digest = next(iter(hurt.blobs))
    path = Path(store(preview).path(blob(digest)))
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    site.backup()
    path.unlink()
    assert connection.delete("c/app", hurt.digest)
    done = site.restore(only="c/app")
    assert done.problems == (not_restored(f"c/app@{hurt.digest}"),)
    assert done.figures["tags"] == 0
    assert not path.exists()
    assert connection.request("HEAD", "/v2/c/app/manifests/1.0").status == 404
