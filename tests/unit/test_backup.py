"""Backups: what the settings refuse, what is rendered, and the age of the last one."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.backup import (
    keeping,
    links_file,
    target,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.deploying import backup
from holdfast.rendering import render
from holdfast.settings import SettingsError, parse

GIVEN = {
    "registry_backup_target": "/mnt/backup",
    "registry_backup_password": "only for a test",
}
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"registry_backup_password": None}, "registry_backup_password: expected a password"),
        ({"registry_backup_target": "relative/path"}, "a repository of restic"),
        ({"registry_backup_target": "rest:https://me:secret@host/a"}, "registry_backup_username"),
        ({"registry_backup_target": "sftp:me@host:/a"}, "registry_backup_ssh_key"),
        (
            {"registry_backup_target": "sftp:me@host:/a", "registry_backup_ssh_key": KEY},
            "registry_backup_known_hosts",
        ),
        ({"registry_backup_username": "me"}, "registry_backup_secret"),
        ({"registry_backup_keep": {"often": 3}}, "daily, weekly"),
        ({"registry_backup_keep": {"daily": 0}}, "daily, weekly"),
    ],
)
def test_what_cannot_work_is_refused(
    flat: dict[str, Any], given: dict[str, Any], says: str
) -> None:
    wanted = {**flat, **GIVEN, **given}
    with pytest.raises(SettingsError) as caught:
        parse({key: value for key, value in wanted.items() if value is not None})
    text = str(caught.value) + "\n".join(caught.value.lines)
    assert says in text
    assert "secret@" not in text


def plan(flat: dict[str, Any], **given: Any) -> Any:
    tree = render(parse({**flat, **GIVEN, **given}))
    return json.loads(tree["agent/backup.json"].content), tree


def test_without_a_target_there_is_no_job(flat: dict[str, Any]) -> None:
    assert not [path for path in render(parse(flat)) if "backup." in path]


def test_secrets_are_in_files_of_root_alone(flat: dict[str, Any]) -> None:
    login = {"registry_backup_username": "me", "registry_backup_secret": "p@ss/w:rd"}
    found, tree = plan(flat, registry_backup_target="rest:https://host:8000/a", **login)
    assert tree["backup/repository"].content == "rest:https://me:p%40ss%2Fw%3Ard@host:8000/a\n"
    assert tree["backup/password"].content == "only for a test\n"
    for path in ("backup/repository", "backup/password", "backup/environment.json"):
        assert (tree[path].mode, tree[path].owner, tree[path].sensitive) == (0o400, "root", True)
    assert "p%40ss" not in json.dumps(found)
    keys = plan(flat, registry_backup_target="s3:https://host/bucket/a", **login)[1]
    environment = json.loads(keys["backup/environment.json"].content)
    assert environment == {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "p@ss/w:rd"}


def test_the_sftp_server_is_known_by_its_key_alone(flat: dict[str, Any]) -> None:
    found, tree = plan(
        flat,
        registry_backup_target="sftp:me@[fd00::5]:2222/a",
        registry_backup_ssh_key=KEY,
        registry_backup_known_hosts="host ssh-ed25519 AAAA",
    )
    (command,) = [one for one in found["options"] if one.startswith("sftp.command=")]
    assert "StrictHostKeyChecking=yes" in command
    assert command.endswith("-p 2222 me@fd00::5 -s sftp")
    assert tree["backup/ssh-key"].content == KEY


def test_images_elsewhere_are_not_in_the_backup(flat: dict[str, Any]) -> None:
    bucket = {
        "registry_storage_driver": "s3",
        "registry_storage_region": "eu-central-1",
        "registry_storage_bucket": "images",
    }
    found, _ = plan(flat, **bucket)
    assert (found["images"], found["elsewhere"]) == ("", "s3://images")


def test_the_age_of_the_last_backup_is_judged(flat: dict[str, Any]) -> None:
    settings = parse({**flat, **GIVEN, "registry_backup_within": "2d"})
    day, now = 86400.0, 1e9
    assert backup.overdue(settings, "backup", now - 1.9 * day, now) == ""
    assert "is 3 days old, expected one within 2d" in backup.overdue(
        settings, "backup", now - 3 * day, now
    )
    assert [line[1] for line in backup.lines(settings, [], now)] == ["warning", "warning"]
    assert list(backup.lines(parse(flat), [], now)) == []


@pytest.mark.parametrize(
    ("result", "state"), [("ok", "ok"), ("failed", "ok"), ("warning", "warning")]
)
def test_a_drill_that_found_something_has_proven_nothing(
    flat: dict[str, Any], result: str, state: str
) -> None:
    """One that failed leaves the proof of the one before."""
    record = {"good": 1e9 - 100, "result": result}
    states: Any = [{"name": name, "last": record} for name in ("backup", "drill")]
    found = list(backup.lines(parse({**flat, **GIVEN}), states, 1e9))
    assert [line[1] for line in found] == ["ok", state]


def test_a_list_of_a_newer_holdfast_or_a_cut_one_is_refused() -> None:
    newer = b'{"format": 2, "holdfast": "9.9", "blobs": ""}\n{"end": true}\n'
    with pytest.raises(StepError, match=r"format 1 or older, got 2, of holdfast 9\.9"):
        links_file.read(io.BytesIO(newer))
    cut = b'{"format": 1, "holdfast": "0.1", "blobs": ""}\n'
    with pytest.raises(StepError, match="a complete list of links"):
        links_file.read(io.BytesIO(cut))


def test_a_manifest_with_another_digest_is_refused() -> None:
    digest = "sha256:" + "a" * 64
    lines = [{"format": 1, "blobs": ""}, {"digest": digest, "content": "{}"}, {"end": True}]
    text = "".join(f"{json.dumps(one)}\n" for one in lines)
    with pytest.raises(StepError, match="expected the manifest of this digest"):
        links_file.read(io.BytesIO(text.encode()))


def test_a_snapshot_names_that_of_its_blobs() -> None:
    assert keeping.blobs_of(["holdfast", keeping.tag_of("0123456789ab")]) == "01234567"
    assert keeping.blobs_of(["holdfast"]) == ""


def test_the_same_disk_is_known() -> None:
    assert target.same_disk("/", ("/nowhere", "/usr")) == "/usr"
    assert target.same_disk("/proc", ("/usr",)) == ""
