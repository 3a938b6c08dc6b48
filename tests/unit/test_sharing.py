"""Hosts that share storage: one secret, one purging host; and free space of a local disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.storage import disk_space

from holdfast.settings import parse
from holdfast.settings.across_hosts import complaints

BUCKET = {
    "registry_storage_driver": "s3",
    "registry_storage_region": "eu-central-1",
    "registry_storage_bucket": "images",
}
SECRET = {"registry_http_secret": "s" * 32}
STILL = {"registry_storage_purge_uploads": False}


def told(flat: dict[str, Any], **hosts: dict[str, Any]) -> list[str]:
    made = {name: parse({**flat, **change}) for name, change in hosts.items()}
    return [f"{host} {complaint}" for host, complaint in complaints(made)]


def test_hosts_that_share_a_bucket_sign_with_one_secret_and_one_purges(
    flat: dict[str, Any],
) -> None:
    good = {**BUCKET, **SECRET}
    assert told(flat, a=good, b={**good, **STILL}) == []
    other = {**good, **STILL, "registry_http_secret": "t" * 32}
    found = told(flat, a=good, b=other)
    assert [line.split(":")[0] for line in found] == [
        "a registry_http_secret",
        "b registry_http_secret",
    ]
    assert "share s3://images, got a secret of its own" in found[0]
    assert "s" * 32 not in "".join(found)
    none = told(flat, a=BUCKET, b={**BUCKET, **STILL})
    assert len(none) == 2
    assert none[0].endswith("got nothing. Give all the same, in a vault")
    both = told(flat, a=good, b=good)
    assert [line.split(":")[0] for line in both] == [
        "a registry_storage_purge_uploads",
        "b registry_storage_purge_uploads",
    ]
    assert "expected true on one of a, b" in told(flat, a={**good, **STILL}, b={**good, **STILL})[0]


def test_other_places_and_own_disks_are_nobody_elses_business(flat: dict[str, Any]) -> None:
    apart = {**BUCKET, "registry_storage_root_directory": "b"}
    assert told(flat, a=BUCKET, b=apart) == []
    assert told(flat, a={}, b={}) == []


def test_room_is_told_and_written_for_prometheus(tmp_path: Path) -> None:
    figures = disk_space.measure(str(tmp_path / "none"), 0)
    assert figures["warnings"] == []
    assert figures["size_bytes"] >= figures["free_bytes"] > 0
    few = {"free_percent": 1.0, "free_inodes_percent": 50.0}
    assert list(disk_space.below_threshold(few, 5)) == ["expected 5 % free, found 1.0 %"]
    (tmp_path / "agent").mkdir()
    places = {"metrics": str(tmp_path), "records": str(tmp_path / "jobs")}
    plan = {**places, "storage": {"directory": "/x", "minimum_free_percent": 90}}
    (tmp_path / "agent/plan.json").write_text(json.dumps(plan))
    low = disk_space.main(str(tmp_path))
    text = (tmp_path / disk_space.FILE).read_text()
    assert f'holdfast_storage_below_guard{{directory="/x"}} {low}\n' in text
    (tmp_path / "agent/plan.json").write_text(json.dumps({**plan, "storage": None}))
    assert disk_space.main(str(tmp_path)) == 0
    assert not (tmp_path / disk_space.FILE).exists()
