"""Copies from a registry that lies, limits and drops, into a real one."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    digest_of,
    two_layer_image,
)

from holdfast.copying.order import Order, execute
from holdfast.copying.place import UnreachableError
from holdfast.copying.progress import Report
from holdfast.copying.run import Wanted
from holdfast.copying.selection import Selection
from holdfast.preview import Preview
from holdfast.verification import Target
from tests.integration.copied import LOGIN, client, get
from tests.integration.gated import behind_gate
from tests.integration.odd_source import Answer, Source, serving

GOOD, OTHER = two_layer_image("good"), two_layer_image("other")


@pytest.fixture(scope="module")
def ours(registry_binary: Path) -> Iterator[Preview]:
    with behind_gate(registry_binary, "memory") as preview:
        yield preview


@pytest.fixture(autouse=True)
def journals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def copied(ours: Preview, source: Source, below: str) -> Report:
    address = "http", f"localhost:{source.port}", ""
    wish = Order(
        Target("here", ours.settings, cafile=ours.ca_file), LOGIN, address, None, below=below
    )
    return execute(wish, Wanted(Selection([])), lambda _: None)


def honest(_: str, __: int, answer: Answer) -> Answer:
    return answer


def layer(image: Image) -> str:
    return str(json.loads(image.manifest)["layers"][0]["digest"])


def changed(image: Image, **more: Any) -> Image:
    text = {**json.loads(image.manifest), **more}
    return Image(json.dumps(text).encode(), image.blobs)


def test_a_lie_about_a_layer_leaves_nothing_of_its_image(ours: Preview) -> None:
    def odd(path: str, _: int, answer: Answer) -> Answer:
        status, headers, body = answer
        if layer(GOOD) in path:
            return status, headers, bytes([body[0] ^ 1]) + body[1:]
        return answer

    with serving({"bad": GOOD, "good": OTHER}, odd) as source:
        report = copied(ours, source, "lie")
    assert [(one[1], "other bytes than it says" in one[2]) for one in report.failed] == [
        ("bad", True)
    ]
    assert get(client(ours), "lie/odd", "bad")[0] == 404
    assert client(ours).request("HEAD", f"/v2/lie/odd/blobs/{layer(GOOD)}").status == 404
    assert client(ours).pull("lie/odd", "good") == OTHER
    with serving({"bad": GOOD, "good": OTHER}, honest) as source:
        assert copied(ours, source, "lie").failed == []
    assert client(ours).pull("lie/odd", "bad") == GOOD


def test_a_lie_about_a_manifest_is_found(ours: Preview) -> None:
    def odd(path: str, _: int, answer: Answer) -> Answer:
        status, headers, body = answer
        return (status, headers, body + b" ") if "/manifests/" in path else answer

    with serving({"1": GOOD}, odd) as source:
        report = copied(ours, source, "manifest")
    assert f"expected {GOOD.digest}" in report.failed[0][2]
    assert get(client(ours), "manifest/odd", "1")[0] == 404


def test_a_layer_is_read_on_after_a_connection_is_dropped(ours: Preview) -> None:
    def odd(path: str, number: int, answer: Answer) -> Answer:
        status, headers, body = answer
        if layer(GOOD) in path and number == 1:
            return status, {**headers, "Content-Length": str(len(body))}, body[:50]
        return answer

    with serving({"1": GOOD}, odd) as source:
        report = copied(ours, source, "dropped")
        assert source.ranges == ["bytes=50-"]
    assert report.failed == []
    assert client(ours).pull("dropped/odd", "1") == GOOD


def test_the_pause_that_a_source_wants_is_kept(ours: Preview) -> None:
    at: list[float] = []

    def odd(path: str, number: int, answer: Answer) -> Answer:
        at.append(time.monotonic())
        if path.endswith("manifests/1") and number == 1:
            return 429, {"Retry-After": "2"}, b""
        return answer

    with serving({"1": GOOD}, odd) as source:
        assert copied(ours, source, "limited").failed == []
    gaps = [after - before for before, after in itertools.pairwise(at)]
    assert max(gaps) > 1.9


def test_a_pause_of_a_day_ends_the_run(ours: Preview) -> None:
    def odd(path: str, _: int, answer: Answer) -> Answer:
        return (429, {"Retry-After": "86400"}, b"") if "/manifests/" in path else answer

    with (
        serving({"1": GOOD}, odd) as source,
        pytest.raises(UnreachableError, match=r"24\.0 h\. The same command continues"),
    ):
        copied(ours, source, "day")


def test_what_cannot_be_taken_is_named_and_the_rest_is_copied(ours: Preview) -> None:
    old = Image(json.dumps({"schemaVersion": 1, "name": "odd", "fsLayers": []}).encode(), {})
    large = changed(GOOD, annotations={"x": "y" * (5 << 20)})
    with serving({"1": GOOD, "large": large, "old": old}, honest) as source:
        report = copied(ours, source, "named")
    reasons = {one[1]: one[2] for one in report.failed}
    assert "schema 1" in reasons["old"]
    assert "expected at most 4 MiB" in reasons["large"]
    assert set(reasons) == {"old", "large"}
    assert client(ours).pull("named/odd", "1") == GOOD


def test_a_foreign_layer_is_named(ours: Preview) -> None:
    kind = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    away = {"mediaType": kind, "size": 9, "digest": digest_of(b"elsewhere")}
    away["urls"] = ["https://example.com/layer"]  # type: ignore[assignment]
    text = json.loads(GOOD.manifest)
    with serving({"1": changed(GOOD, layers=[*text["layers"], away])}, honest) as source:
        report = copied(ours, source, "foreign")
    assert "foreign layer" in report.notes[0]


def test_a_source_that_ends_in_the_middle_is_named(ours: Preview) -> None:
    def odd(path: str, _: int, answer: Answer) -> Answer | None:
        return None if "/blobs/" in path else answer

    with (
        serving({"1": GOOD}, odd) as source,
        pytest.raises(UnreachableError, match="expected an answer"),
    ):
        copied(ours, source, "gone")
    assert get(client(ours), "gone/odd", "1")[0] == 404


def test_a_tag_that_leads_to_another_path_is_refused(ours: Preview) -> None:
    with serving({"1": GOOD, "../../../other/manifests/1": OTHER}, honest) as source:
        report = copied(ours, source, "path")
        assert [path for path in source.seen if "/manifests/" in path] == []
    assert "names of the specification" in report.failed[0][2]
