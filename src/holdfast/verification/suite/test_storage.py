"""Check the images on the host's disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.messages import sentence

from holdfast.deploying.backup import overdue
from holdfast.rendering import HOST, blobs
from holdfast.rendering.gated import gated
from holdfast.settings import Settings
from holdfast.verification.host_facts import (
    BACKUP_RECORD,
    DRILL_RECORD,
    SCRUB_RECORD,
    Facts,
    directory_of,
)
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.skips import not_applicable, not_checked

LEAST_FREE_PERCENT = 5
SHORT_LIVED = ("tmpfs", "ramfs")
LEAST_SECRET_CHARACTERS = 32


@pytest.fixture(scope="session")
def directory(settings: Settings) -> str:
    """Return the directory of the images."""
    found = directory_of(settings)
    if found is None:
        not_applicable(f"registry_storage_driver is {settings.storage.driver}")
    return found


@pytest.fixture(scope="session")
def survey(directory: str, facts: Facts) -> Mapping[str, Any]:
    """Return the survey of the images."""
    del directory
    found: Mapping[str, Any] = facts.extra["store"]
    return found


@pytest.mark.check("storage.space")
def test_there_is_room_for_images(directory: str, facts: Facts, settings: Settings) -> None:
    images = settings.storage.filesystem
    enough = images.minimum_free_percent if images else LEAST_FREE_PERCENT
    free = facts.disk_space["free_percent"]
    assert free >= enough, mismatch(f"{enough} % free in {directory}", f"{free:.0f} %", "Grow it")


@pytest.mark.check("storage.files")
def test_there_is_room_for_more_files(directory: str, facts: Facts) -> None:
    free = facts.disk_space["free_files_percent"]
    wanted = f"{LEAST_FREE_PERCENT} % of the inodes of {directory} free"
    assert free >= LEAST_FREE_PERCENT, mismatch(wanted, f"{free:.0f} %", "Grow it")


@pytest.mark.check("storage.mount")
def test_the_directory_is_a_mount_of_its_own(
    directory: str, facts: Facts, settings: Settings
) -> None:
    images = settings.storage.filesystem
    if images is None or not images.mount:
        not_applicable("not required (registry_storage_mount)")
    todo = "Mount it, with a line in /etc/fstab"
    assert facts.disk_space["mount"], mismatch("a mount", f"none at {directory}", todo)


@pytest.mark.check("storage.durable")
def test_images_outlive_a_boot(directory: str, facts: Facts) -> None:
    kind = facts.disk_space["kind"]
    todo = "Mount a disk there"
    assert kind not in SHORT_LIVED, mismatch(f"a disk under {directory}", kind, todo)


@pytest.mark.check("storage.owners")
def test_every_file_is_the_registrys(survey: Mapping[str, Any], directory: str) -> None:
    problems = [f"{path} is not the registry's" for path in survey["foreign"]]
    todo = f"Run: chown -R holdfast-registry: {directory}"
    assert not problems, listed(problems, todo)


@pytest.mark.check("storage.readable")
def test_the_proxy_can_read_what_it_sends(
    survey: Mapping[str, Any], directory: str, settings: Settings
) -> None:
    if blobs.why_proxied(settings):
        not_applicable(f"the proxy reads no images: {blobs.why_proxied(settings)}")
    problems = [f"{path} cannot be read by the proxy" for path in survey["closed"]]
    todo = f"Run: chgrp -R holdfast {directory}/docker; chmod -R g+rX {directory}/docker"
    assert not problems, listed(problems, todo)


@pytest.mark.check("storage.special")
def test_there_are_only_files_and_directories(survey: Mapping[str, Any]) -> None:
    problems = [f"{path} is a link or a device, or setuid" for path in survey["special"]]
    assert not problems, listed(problems, "Remove it")


@pytest.mark.check("storage.damage")
def test_the_last_scrub_found_no_damage(facts: Facts, settings: Settings) -> None:
    if not gated(settings):
        not_applicable("no scrub runs here: the images are not in a directory behind the gate")
    record = json.loads(facts.note_files[SCRUB_RECORD] or "{}")
    damaged = (record.get("figures") or {"damaged": []})["damaged"]
    backup = bool(settings.backup.target)
    problems = [sentence(one, backup) for one in damaged if one["images"]]
    assert not problems, listed(problems, "Then run: holdfast scrub")


@pytest.mark.check("storage.backup")
def test_the_last_backup_is_not_old(facts: Facts, settings: Settings) -> None:
    if settings.backup.target is None:
        not_applicable("registry_backup_target is not given")
    record = json.loads(facts.note_files[BACKUP_RECORD] or "{}")
    problem = overdue(settings, "backup", record.get("good", 0.0), facts.time)
    assert not problem, f"{problem}. Run: holdfast backup"


@pytest.mark.check("storage.proven-backup")
def test_the_last_proven_backup_is_not_old(facts: Facts, settings: Settings) -> None:
    if settings.backup.target is None:
        not_applicable("registry_backup_target is not given")
    record = json.loads(facts.note_files[DRILL_RECORD] or "{}")
    good = 0.0 if record.get("result") == "warning" else record.get("good", 0.0)
    problem = overdue(settings, "proven backup", good, facts.time)
    assert not problem, f"{problem}. Run: holdfast drill"


@pytest.mark.check("storage.empty-blobs")
def test_no_blob_is_empty(survey: Mapping[str, Any]) -> None:
    problems = [f"{path} is empty" for path in survey["empty"]]
    todo = "Delete the file, restart the registry, and push the image again"
    assert not problems, listed(problems, todo)


@pytest.mark.check("storage.links")
def test_links_name_digests(survey: Mapping[str, Any]) -> None:
    problems = [f"{path} names no digest" for path in survey["links"]]
    assert not problems, listed(problems, "Push the image again")


@pytest.mark.check("storage.tags")
def test_tags_lead_to_manifests(survey: Mapping[str, Any]) -> None:
    problems = [f"{path} names a manifest that is gone" for path in survey["dangling"]]
    assert not problems, listed(problems, "Push the image again")


@pytest.mark.check("storage.uploads")
def test_uploads_that_never_ended_are_purged(survey: Mapping[str, Any]) -> None:
    problems = [f"{path} is older than registry_storage_purge_hours" for path in survey["stale"]]
    assert not problems, listed(problems, "Look at: journalctl -u 'holdfast-registry@*'")


@pytest.mark.check("storage.temporary")
def test_nothing_temporary_stays(survey: Mapping[str, Any]) -> None:
    problems = [f"{path} is older than a day" for path in survey["temporary"]]
    assert not problems, listed(problems, "Remove it: a write was cut off")


@pytest.mark.check("storage.checksums")
def test_blobs_are_what_their_names_say(directory: str, facts: Facts) -> None:
    del directory
    found = facts.extra["checksums"]
    if not found["of"]:
        not_checked("there is no image yet", "Push one, then verify again")
    problems = [f"{path} has another checksum" for path in found["wrong"]]
    todo = "Delete the file, restart the registry, and push the image again"
    assert not problems, listed(problems, todo)


@pytest.mark.check("storage.upload-secret")
def test_uploads_are_signed_with_a_long_secret(facts: Facts, settings: Settings) -> None:
    if settings.http.secret:
        not_applicable("registry_http_secret is set, and was checked")
    size = facts.secret_characters
    wanted = f"{LEAST_SECRET_CHARACTERS} characters in {HOST.etc}/secrets/http.env"
    assert size >= LEAST_SECRET_CHARACTERS, mismatch(wanted, f"{size}")
