"""No backup has a broken image, beside writers and a collector that never pauses, at grace 0."""

from __future__ import annotations

import tarfile
import time
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

from tests import trials
from tests.integration.backups import Saved, find_restic, saved_in, saving
from tests.integration.cleanup_load import Load
from tests.integration.gated import client, cycle_of
from tests.trials.collectors import Collector


def test_no_backup_has_a_broken_image(
    registry_binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_restic(monkeypatch)
    registries, backups = trials.times(1, 10), trials.times(2, 10)
    seen, problems = Counter[str](), list[str]()
    for number in range(registries):
        folder = tmp_path / str(number)
        folder.mkdir()
        with saving(registry_binary, "3.1.1") as preview:
            site = saved_in(preview, folder)
            with Load(lambda: client(preview), writers=2, adversaries=2) as load:
                with Collector(preview, empties=False):
                    for _ in range(backups):
                        problems += saved_beside(site, load, seen)
                load.stop()
            seen["acknowledged"] += load.counts["201"]
            seen["deleted"] += load.counts["deleted"]
            with cycle_of(preview) as cycle:
                seen["brought back from the trash"] += cycle.figures()["restored"]
    trials.write("backups", seen=seen, broken=problems)
    assert problems == []
    # The load is no tame one: blobs went and came while the backups read them.
    assert min(seen.values()) > 0, seen
    assert len(seen) == 7, seen


def saved_beside(site: Saved, load: Load, seen: Counter[str]) -> list[str]:
    """Make a backup beside a load; return a line for each image that is not all in it."""
    time.sleep(1)
    before = list(load.kept)
    done = site.backup()
    stayed = set(before) & set(load.kept)
    found, blobs = site.links(done.figures["snapshot"])
    right = right_blobs(site, blobs)
    listed = {(one["repository"], one["digest"]): one for one in found.manifests}
    seen["backups"] += 1
    seen["images"] += len(listed)
    seen["passes"] += done.figures["passes"]
    seen["blobs compared with their digests"] += len(right)
    missing = sorted(stayed - set(listed))
    lacking = [(key, found.needed(key[1]) - right) for key in listed]
    return [
        *done.figures["broken"],
        *(f"{name}@{digest}: not in the backup" for name, digest in missing),
        *(f"{name}@{digest}: lacks {min(blobs)}" for (name, digest), blobs in lacking if blobs),
    ]


def right_blobs(site: Saved, snapshot: str) -> set[str]:
    """Return the blobs of a snapshot whose content has their digest."""
    right = set()
    with (
        site.restic.reading("dump", "--archive", "tar", snapshot, "/") as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        for member in archive:
            digest = digests.of_path(member.name) if member.isreg() else None
            content = archive.extractfile(member) if digest else None
            if digest and content:
                hasher = digests.hasher(digest)
                hasher.update(content.read())
                if hasher.hexdigest() == digest.partition(":")[2]:
                    right.add(digest)
    return right
