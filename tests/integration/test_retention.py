"""A retention before a real registry: what goes, stays, comes back, and what a push saves."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    blob,
    revision,
    tag,
)
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import retention
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    RegistryError,
    digest_of,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention import (
    applying,
    pulls,
    undoing,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.planning import (
    ClockError,
    Planning,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.running import Retention
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError
from ansible_collections.holdfast.registry.plugins.plugin_utils import retention_lines

from holdfast.preview import Preview
from holdfast.settings.sections.retention import RetentionRule
from tests.integration.gated import TYPE, behind_gate, client, cycle_of, store

DAY = 86400
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    with behind_gate(registry_binary, "none") as running:
        yield running


def planning(preview: Preview, days: float = 10, **rule: Any) -> Planning:
    """Return a planning as if some days had passed."""
    given = {"repositories": ["*/**"], "drop": ["*"], **rule}
    config: Any = {
        "storage": {"directory": str(preview.scratch / "images")},
        "rules": [RetentionRule.model_validate(given).rule],
        "pushes": str(preview.scratch / "state/gate/pushes.jsonl"),
        "log": "/nowhere",
        "control": "",
        "records": "",
        "metrics": "",
    }
    return Planning(config, store(preview), time.time() + days * DAY)


def plan(preview: Preview, repository: str, **rule: Any) -> Any:
    return planning(preview, repositories=[repository], **rule).plan()


def pushed(preview: Preview, repository: str, *tags: str) -> dict[str, Image]:
    images = {name: two_layer_image(f"{repository} {name}") for name in tags}
    for name, image in images.items():
        client(preview).push(repository, name, image)
    return images


def tags(preview: Preview, repository: str) -> set[str]:
    reply = client(preview).request("GET", f"/v2/{repository}/tags/list")
    return set(json.loads(reply.body)["tags"] or ()) if reply.status == 200 else set()


def applied(preview: Preview, repository: str, agreed: Any = None, **rule: Any) -> Any:
    with cycle_of(preview) as cycle:
        fresh = plan(preview, repository, **rule)
        return applying.apply(cycle, fresh, agreed, "test")


def test_tags_go_and_come_back(preview: Preview) -> None:
    images = pushed(preview, "a/app", "1.0.0", "1.0.1", "1.1.0")
    keep = [{"newest": 1, "by": "version", "per": "minor"}]
    done = applied(preview, "a/app", keep=keep)
    assert (done["tags"], done["changed"]) == (["a/app:1.0.0"], [])
    assert done["manifests"] == [f"a/app@{images['1.0.0'].digest}"]
    assert tags(preview, "a/app") == {"1.0.1", "1.1.0"}
    with pytest.raises(RegistryError):
        client(preview).pull("a/app", images["1.0.0"].digest)
    # Now the garbage collection takes what only that image held.
    with cycle_of(preview) as cycle:
        collection = Collection(store(preview), 0, 7 * DAY, now=lambda: time.time() + 1)
        assert collection.run(cycle, print)["moved"]["files"] > 0
        assert collection.undo(cycle)["files"] > 0
        assert "1.0.0" not in tags(preview, "a/app")
        collection.run(cycle, print)
    assert not store(preview).has(blob(images["1.0.0"].digest))
    with cycle_of(preview) as cycle:
        back = undoing.undo(cycle, store(preview), (), ("a/app", ""))
    assert back == {"tags": ["a/app:1.0.0"], "kept": []}
    for name, image in images.items():
        assert client(preview).pull("a/app", name) == image


def test_the_trash_of_tags_is_emptied_in_time(preview: Preview) -> None:
    pushed(preview, "b/app", "one", "two")
    link = Path(store(preview).path(tag("b/app", "one"))) / "current/link"
    os.utime(link, (0, 0))
    applied(preview, "b/app", keep=[{"tags": ["two"]}])
    place = Path(store(preview).trashed_path(tag("b/app", "one")))
    for undo, there in ((3600, True), (0, False)):
        with cycle_of(preview) as cycle:
            Collection(store(preview), DAY, undo, now=lambda: time.time() + 1).run(cycle, print)
        assert place.exists() == there


def test_a_plan_refuses_what_changed_since(preview: Preview) -> None:
    pushed(preview, "c/app", "one", "two", "three")
    agreed = plan(preview, "c/app", keep=[{"tags": ["three"]}])
    client(preview).push("c/app", "one", two_layer_image("another one"))
    done = applied(preview, "c/app", agreed, keep=[{"tags": ["three"]}])
    assert (done["tags"], done["changed"]) == (["c/app:two"], ["c/app:one"])
    assert tags(preview, "c/app") == {"one", "three"}


def test_what_is_pushed_after_the_cycle_began_stays(preview: Preview) -> None:
    images = pushed(preview, "d/app", "old", "new")
    with cycle_of(preview) as cycle:
        fresh = plan(preview, "d/app", keep=[{"tags": ["new"]}])
        client(preview).push("d/app", "old", images["old"])
        done = applying.apply(cycle, fresh, None, "test")
    assert (done["tags"], done["manifests"], done["changed"]) == ([], [], ["d/app:old"])
    assert client(preview).pull("d/app", "old") == images["old"]


def test_an_image_that_gets_a_tag_again_meanwhile_stays(preview: Preview) -> None:
    images = pushed(preview, "k/app", "old", "new")
    old = images["old"]
    rule = {"keep": [{"tags": ["new"]}], "untagged_after": "1h"}
    with cycle_of(preview) as cycle:
        cycle.take("k/app", {"old": old.digest}, [], "test")
    with cycle_of(preview) as cycle:
        fresh = plan(preview, "k/app", **rule)
        assert fresh["repositories"][0]["manifests"] == [old.digest]
        client(preview).push("k/app", "again", old)
        assert applying.apply(cycle, fresh, None, "test")["manifests"] == []
    assert client(preview).pull("k/app", "again") == old


def test_one_tag_goes_alone(preview: Preview) -> None:
    image = two_layer_image("siblings")
    for name in ("one", "two"):
        client(preview).push("e/app", name, image)
    with cycle_of(preview) as cycle:
        wrong = cycle.take("e/app", {"one": f"sha256:{'0' * 64}"}, [], "test")
        assert wrong["tags"] == []
        assert cycle.take("e/app", {"one": image.digest}, [], "test")["tags"] == ["one"]
    assert tags(preview, "e/app") == {"two"}
    assert client(preview).pull("e/app", "two") == image
    last = (preview.scratch / "state/gate/pushes.jsonl").read_text().splitlines()[-1]
    found = json.loads(last)
    assert (found["digest"], found["replaced"], found["by"]) == ("", image.digest, "test")


def test_an_index_goes_with_its_platforms_and_a_push_brings_them_back(preview: Preview) -> None:
    one = client(preview)
    images = [two_layer_image(f"platform {number}") for number in range(2)]
    for image in images:
        one.push("f/app", image.digest, image)
    entries = [
        {"mediaType": TYPE["Content-Type"], "digest": image.digest, "size": len(image.manifest)}
        for image in images
    ]
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
    path, kind = "/v2/f/app/manifests/", {"Content-Type": INDEX}
    assert one.request("PUT", f"{path}multi", index, kind).status == 201
    fallback = digest_of(index).replace(":", "-")
    one.push("f/app", f"{fallback}.sig", two_layer_image("signature"))
    pushed(preview, "f/app", "other")
    kept = plan(preview, "f/app", keep=[{"tags": ["multi", "other"]}], untagged_after="1h")
    assert all(tag["keep"] for tag in kept["repositories"][0]["tags"])
    assert kept["repositories"][0]["manifests"] == []
    done = applied(preview, "f/app", keep=[{"tags": ["other"]}])
    assert set(done["tags"]) == {"f/app:multi", f"f/app:{fallback}.sig"}
    assert len(done["manifests"]) == 4
    with cycle_of(preview) as cycle:
        Collection(store(preview), 0, 7 * DAY, now=lambda: time.time() + 1).run(cycle, print)
    assert not store(preview).has(revision("f/app", images[0].digest))
    # A client that only knows the index pushes it again: its platforms come from the trash.
    assert one.request("PUT", f"{path}multi", index, kind).status == 201
    for image in images:
        assert client(preview).pull("f/app", image.digest) == image


def test_an_unreadable_manifest_drops_nothing_there(preview: Preview) -> None:
    images = pushed(preview, "g/app", "one", "two", "three")
    Path(store(preview).path(blob(images["one"].digest))).write_text("{")
    found = plan(preview, "g/app")["repositories"][0]
    assert found["damaged"] == [images["one"].digest]
    assert [one["why"] for one in found["tags"]] == ["unreadable"] * 3


def test_a_clock_that_is_behind_is_refused(preview: Preview) -> None:
    pushed(preview, "h/app", "one")
    with pytest.raises(ClockError, match="expected a time after the last push"):
        planning(preview, days=-1).plan()


def test_pulls_are_read_from_the_log_of_the_proxy(preview: Preview) -> None:
    image = pushed(preview, "i/app", "one")["one"]
    client(preview).pull("i/app", "one")
    client(preview).pull("i/app", image.digest)
    logs = list(preview.scratch.rglob("access.log"))
    assert len(logs) == 1
    found = pulls.read(str(logs[0]))
    assert found.since is not None
    assert set(found.last["i/app"]) == {"one", image.digest}
    assert all(abs(when - time.time()) < 60 for when in found.last["i/app"].values())


@pytest.fixture
def host(preview: Preview, tmp_path: Path) -> Any:
    """Run verbs as a host does, with the configuration that was rendered for it and a rule."""
    (path,) = preview.scratch.rglob("agent/retention.json")
    config = json.loads(path.read_text())
    rule = {"repositories": ["j/**"], "drop": ["*"], "keep": [{"tags": ["two"]}], "grace": "0s"}
    config["rules"] = [RetentionRule.model_validate(rule).rule]
    config["metrics"], config["records"] = str(tmp_path), str(tmp_path)
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent/retention.json").write_text(json.dumps(config))

    def run(verb: Any, image: str = "", agreed: Any = None) -> tuple[Any, str]:
        repository, _, name = image.partition(":")
        order = {
            "verb": verb,
            "repository": repository,
            "tag": name,
            "plan": agreed,
            "without_undo": False,
        }
        found = retention.work(order, str(tmp_path))  # type: ignore[arg-type]
        return found, "\n".join(text for _, text in retention_lines.lines(verb, found, image))

    return run


def test_all_verbs_of_a_host(preview: Preview, host: Any, tmp_path: Path) -> None:
    images = pushed(preview, "j/app", "one", "two", "three")
    agreed, text = host("plan")
    assert "drop j/app:one, pushed 20" in text
    assert "1 repositories with a rule: 2 of 3 tags go" in text
    assert "j/app:one goes: no line of keep holds" in host("explain", "j/app:one")[1]
    said = host("explain", "j/app:two")[1]
    assert "j/app:two is kept: keep[0] holds: tags ['two']" in said
    assert f"pushed {images['two'].digest} by " in said
    assert "no rule of registry_retention" in host("explain", "e/app:two")[1]
    with pytest.raises(StepError, match="j/app:four: expected a tag, found none"):
        host("explain", "j/app:four")
    assert "2 tags and 2 manifests to the trash" in host("apply", agreed=agreed)[1]
    assert "holdfast_retention_dropped_tags 2" in (tmp_path / "holdfast-retention.prom").read_text()
    assert tags(preview, "j/app") == {"two"}
    assert "brought back j/app:one" in host("undo", "j/app:one")[1]
    assert tags(preview, "j/app") == {"one", "two"}
    with pytest.raises(StepError, match="expected a tag in the trash, found none"):
        host("undo", "j/app:one")
    done, text = host("untag", "j/app:two")
    assert done == {"digest": images["two"].digest, "siblings": []}
    assert "j/app:two is gone" in text

    assert client(preview).pull("j/app", images["two"].digest) == images["two"]
    for wrong in ("j/app:../x", "../x:y"):
        with pytest.raises(StepError, match="expected"):
            host("untag", wrong)


def test_the_nightly_run_does_nothing_after_a_jump_of_the_clock(
    preview: Preview, host: Any, tmp_path: Path
) -> None:
    """A clock that is set forward, as the host sees it: the last run is far in the past."""
    config = retention.config_of(str(tmp_path))
    own = Retention(config, store(preview))
    assert retention.nightly(own).figures["tags"] == []  # the first run has none before it
    host("apply")
    pushed(preview, "j/jump", "one", "two", "three")
    record = tmp_path / "retention.json"
    known = json.loads(record.read_text())
    record.write_text(json.dumps({**known, "good": known["good"] - 7.1 * DAY}))
    with pytest.raises(StepError, match=r"set forward.* Run: holdfast retention apply"):
        retention.nightly(own)
    assert tags(preview, "j/jump") == {"one", "two", "three"}
    record.write_text(json.dumps({**known, "good": known["good"] - 6.9 * DAY}))
    assert set(retention.nightly(own).figures["tags"]) == {"j/jump:one", "j/jump:three"}
    # Somebody who has looked goes on, and so do the nights after.
    pushed(preview, "j/jump", "four")
    record.write_text(json.dumps({**known, "good": known["good"] - 90 * DAY}))
    assert host("apply")[0]["tags"] == ["j/jump:four"]
    retention.nightly(own)
