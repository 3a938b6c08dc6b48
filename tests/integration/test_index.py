"""The index beside a real registry: what is pushed is found, what goes is gone, damage heals."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    CONFIG_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    two_layer_image,
)

from holdfast.preview import Preview
from tests.integration.gated import behind_gate, client, store
from tests.integration.indexed import (
    INDEX_TYPE,
    asked,
    database,
    inspect,
    labelled,
    put,
    search,
    until,
)


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    with behind_gate(registry_binary, "none", registry_index_enabled=True) as running:
        yield running


def push(preview: Preview, repository: str, tag: str, label: str = "") -> str:
    return client(preview).push(repository, tag, two_layer_image(label or f"{repository} {tag}"))


def test_a_push_is_found_a_tag_moves_and_a_delete_is_gone(preview: Preview) -> None:
    first = push(preview, "team-a/mover", "stable", "one")
    until(lambda: ("tag", "team-a/mover", "stable") in search(preview, "mover:stable"))
    assert inspect(preview, "team-a/mover", "stable")["digest"] == first
    second = push(preview, "team-a/mover", "stable", "two")
    until(lambda: inspect(preview, "team-a/mover", "stable"), lambda one: one["digest"] == second)
    assert client(preview).delete("team-a/mover", second)
    until(lambda: inspect(preview, "team-a/mover", "stable") is None)
    assert client(preview).delete("team-a/mover", first)
    until(lambda: search(preview, "mover") == [])


def test_sizes_say_what_is_shared(preview: Preview) -> None:
    for repository in ("size/one", "size/two"):
        push(preview, repository, "v1", "shared")
    push(preview, "size/two", "v2", "own")
    shared, own = two_layer_image("shared"), two_layer_image("own")
    sizes = [
        len(one.manifest) + sum(len(blob) for blob in one.blobs.values()) for one in (shared, own)
    ]
    found = until(
        lambda: asked(preview, "catalog", pattern="size/*")["found"]["repositories"],
        lambda rows: [row["tags"] for row in rows] == [1, 2],
    )
    assert [(row["real"], row["alone"]) for row in found] == [(sizes[0], 0), (sum(sizes), sizes[1])]
    layers = inspect(preview, "size/one", "v1")["layers"]
    assert [(row["images"], row["repositories"]) for row in layers] == [(1, 2), (1, 2)]


def test_labels_in_any_script_and_of_any_size(preview: Preview) -> None:
    labels = {"owner": "Отдел Größe 開発部門 قسم", "note": "n" * (1 << 20)}
    client(preview).push("labels/all", "v1", labelled("labels", labels))
    until(lambda: inspect(preview, "labels/all", "v1"))
    for word in ("開発部門", "größe", "отдел", "قسم"):
        assert search(preview, word) == [("label", "labels/all", "v1")], word
    kept = inspect(preview, "labels/all", "v1")["labels"]
    assert kept["owner"] == labels["owner"] and len(kept["note"]) <= 64 << 10


def test_an_index_of_platforms_and_what_is_attached(preview: Preview) -> None:
    one = client(preview)
    image = two_layer_image("platforms")
    one.push("multi/app", "amd64", image)
    described = {"mediaType": MANIFEST_TYPE, "digest": image.digest, "size": len(image.manifest)}
    platform = {"os": "linux", "architecture": "amd64"}
    whole = {
        "schemaVersion": 2,
        "mediaType": INDEX_TYPE,
        "manifests": [{**described, "platform": platform}],
    }
    digest = put(one, "multi/app", "all", whole)
    manifest = json.loads(image.manifest)
    signature = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": "application/vnd.example.signature",
        "config": manifest["config"] | {"mediaType": CONFIG_TYPE},
        "layers": [manifest["layers"][0] | {"mediaType": LAYER_TYPE}],
        "subject": {"mediaType": INDEX_TYPE, "digest": digest, "size": len(json.dumps(whole))},
    }
    attached = put(one, "multi/app", "", signature)
    found = until(
        lambda: inspect(preview, "multi/app", "all"), lambda row: row and row["referrers"]
    )
    assert (found["type"], found["digest"]) == ("index", digest)
    assert [(row["platform"], row["digest"]) for row in found["platforms"]] == [
        ("linux/amd64", image.digest)
    ]
    assert found["platforms"][0]["bytes"] < found["bytes"]
    assert [row["digest"] for row in found["referrers"]] == [attached]


def test_a_wiped_or_damaged_index_is_made_again(preview: Preview) -> None:
    push(preview, "heal/app", "v1")
    until(lambda: inspect(preview, "heal/app", "v1"))
    database(preview).unlink()
    until(lambda: inspect(preview, "heal/app", "v1") and database(preview).exists())
    for whole in (False, True):
        # What it wrote comes to the file itself with an orderly end.
        preview.signal("index", signal.SIGTERM)
        until(lambda: not Path(f"{database(preview)}-wal").exists())
        begin = 0 if whole else 4096
        content = os.urandom(database(preview).stat().st_size - begin)
        with database(preview).open("r+b") as stream:
            stream.seek(begin)
            stream.write(content)
        preview.restart("index")
        until(lambda: inspect(preview, "heal/app", "v1"))
        assert content not in database(preview).read_bytes()
    push(preview, "heal/app", "v2")
    until(lambda: inspect(preview, "heal/app", "v2"))


def test_a_rotated_log_and_a_killed_index_lose_nothing(preview: Preview) -> None:
    log = preview.scratch / "logs/access.log"
    push(preview, "log/before", "v1")
    log.rename(log.with_name("access.log.1"))
    push(preview, "log/between", "v1")
    preview.signal("nginx", signal.SIGUSR1)
    until(log.exists)
    preview.signal("index", signal.SIGKILL)
    push(preview, "log/dead", "v1")
    preview.restart("index")
    push(preview, "log/after", "v1")
    wanted = {f"log/{one}" for one in ("before", "between", "dead", "after")}
    until(lambda: wanted <= {name for _, name, _ in search(preview, "log/")})


def test_a_store_with_broken_links_is_still_indexed(preview: Preview) -> None:
    digest = push(preview, "broken/app", "good")
    files = store(preview)
    for name, content in (("empty", b""), ("odd", b"\xff\xfe"), ("lost", b"sha256:" + b"0" * 64)):
        link = Path(files.path(places.tag("broken/app", name))) / "current/link"
        link.parent.mkdir(parents=True)
        link.write_bytes(content)
    loop = Path(files.path("repositories/broken/loop"))
    loop.symlink_to(loop.parent)
    preview.restart("index")
    found = until(lambda: inspect(preview, "broken/app", "good"))
    assert found["digest"] == digest
    until(lambda: asked(preview, "catalog")["state"]["complete"])
    tags = {row["tag"]: row["type"] for row in inspect(preview, "broken/app")["tags"]}
    assert tags == {"good": "image", "lost": "missing"}
    shutil.rmtree(loop.parent / "app")
    loop.unlink()


def test_a_wrong_question_is_answered_and_the_next_one_too(preview: Preview) -> None:
    assert asked(preview, "drop table")["error"]
    assert asked(preview, "search", text='" OR * AND (', most=1)["found"] == []
    assert asked(preview, "catalog")["error"] == ""
