"""Names of images and links, sentences, and the status."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Memory
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.scrub import (
    links,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.messages import sentence
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.needing import needing

from holdfast.deploying import desired, scrub
from holdfast.settings import parse
from tests.unit.scrub.stores import DAY, link, put


def test_odd_links_are_named(store: Directory) -> None:
    good, other = put(store, b"good"), put(store, b"other")
    link(store, places.layer("a/b", good), good)
    link(store, places.revision("a/b", good), good)
    link(store, f"{places.tag('a/b', 'fine')}/current/link", good)
    assert list(links.odd(store)) == []
    empty = link(store, places.layer("a/b", other), "")
    foreign = link(store, places.revision("a/c", other), good)
    tag = link(store, f"{places.tag('a/c', 'odd')}/current/link", "hello")
    hanging = link(store, f"{places.tag('a/c', 'gone')}/current/link", good)
    said = sorted(links.odd(store))
    assert len(said) == 4
    for path, expected in (
        (empty, f"expected {other}, found nothing"),
        (foreign, f"expected {other}, found '{good}'"),
        (tag, "expected a digest, found 'hello'"),
        (hanging, "expected a manifest of the repository"),
    ):
        assert any(one.startswith(f"{path}: {expected}") for one in said), (path, said)


def manifest(store: Directory, repository: str, *layers: str, tag: str = "") -> str:
    content = {"layers": [{"digest": one} for one in layers]}
    digest = put(store, json.dumps(content).encode())
    link(store, places.revision(repository, digest), digest)
    if tag:
        link(store, f"{places.tag(repository, tag)}/current/link", digest)
    return digest


def test_the_images_that_need_a_blob_are_named(store: Directory) -> None:
    shared, own = put(store, b"shared"), put(store, b"own")
    tagged = manifest(store, "a/b", shared, tag="one")
    link(store, f"{places.tag('a/b', 'two')}/current/link", tagged)
    untagged = manifest(store, "c/d", own, shared)
    found = needing(store, Memory(), [shared, own, tagged, "sha256:none"])
    assert {one: sorted(images) for one, images in found.items()} == {
        shared: ["a/b:one", "a/b:two", f"c/d@{untagged}"],
        own: [f"c/d@{untagged}"],
        tagged: ["a/b:one", "a/b:two"],
        "sha256:none": [],
    }


def test_sentences_say_what_to_do() -> None:
    one: Any = {"digest": "sha256:x", "aside": True, "images": ["a:1"]}
    assert sentence(one) == "a:1 cannot be pulled, for sha256:x is damaged. Push it again"
    said = (
        "Push it again, or wait for the job heal, which takes it from a backup. See: holdfast jobs"
    )
    assert sentence(one, backup=True).endswith(f"is damaged. {said}")
    absent, hurt = {**one, "lost": "absent"}, {**one, "lost": "damaged"}
    assert sentence(absent, backup=True).endswith("and no backup has it. Push it again")
    assert sentence(hurt, backup=True).endswith("so is its copy in the backups. Push it again")
    one["images"] = ["a:1", "a:2", "a:3", "a:4"]
    assert sentence(one).startswith("a:1, a:2, a:3 and 1 others cannot be pulled")
    many: Any = {**one, "aside": False}
    assert sentence(many, backup=True).endswith("Look at the disk and the memory of the host")


FIGURES: Any = {"blobs": 9, "bytes": 1, "proven": 9, "proven_bytes": 1, "oldest": 0.0,
                "overdue": 0, "damaged": [], "odd": []}  # fmt: skip
HURT: Any = [{"digest": "sha256:x", "aside": True, "images": ["a:1"]}]


@pytest.mark.parametrize(
    ("more", "state", "text"),
    [
        ({}, "ok", "9 blobs, each proven in the last 2 days"),
        ({"damaged": HURT}, "failed", "a:1 cannot be pulled"),
        ({"damaged": HURT * 9}, "failed", "a:1 cannot be pulled"),
        ({"odd": ["x: expected y"]}, "warning", "x: expected y"),
        ({"overdue": 4}, "warning", "4 of 9 blobs were not proven within 30d"),
    ],
)
def test_the_status_says_what_is_damaged(
    flat: dict[str, Any], more: Any, state: str, text: str
) -> None:
    said = list(scrub.lines({**FIGURES, **more}, parse(flat), 2 * DAY))
    assert {one[:2] for one in said} == {("scrub", state)}
    assert said[0][2].startswith(text)
    assert len(said) <= 6


def test_a_host_without_a_gate_has_no_scrub(flat: dict[str, Any]) -> None:
    host = desired(parse({**flat, "registry_scrub_rate": "5MiB", "registry_scrub_within": "7d"}))
    plan = json.loads(host.tree["agent/scrub.json"].content)
    assert (plan["rate"], plan["within_seconds"]) == (5 << 20, 7 * DAY)
    assert "IOSchedulingClass=idle" in host.tree["systemd/holdfast-scrub.service"].content
    mirror = parse({**flat, "registry_upstream_url": "https://quay.io"})
    assert "agent/scrub.json" not in desired(mirror).tree


def test_with_a_backup_the_job_that_heals_is_named(flat: dict[str, Any]) -> None:
    backup = {"registry_backup_target": "/mnt/backup", "registry_backup_password": "x" * 32}
    settings = parse({**flat, **backup})
    ((_, _, text),) = scrub.lines({**FIGURES, "damaged": HURT}, settings, 2 * DAY)
    assert text.endswith("the job heal, which takes it from a backup. See: holdfast jobs")
    for some, expected in ((settings, True), (parse(flat), None)):
        plan = json.loads(desired(some).tree["agent/scrub.json"].content)
        assert plan.get("backup") is expected
