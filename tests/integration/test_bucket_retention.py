"""Retention and untag over a bucket, with versions and without, beside a real registry."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.objects import Objects
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import Gate
from ansible_collections.holdfast.registry.plugins.module_utils.gate.pushes import Pushes, read
from ansible_collections.holdfast.registry.plugins.module_utils.gate.taking import Taking
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import retention
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention import applying, undoing
from ansible_collections.holdfast.registry.plugins.module_utils.retention.running import Retention
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import Pool
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError
from ansible_collections.holdfast.registry.plugins.plugin_utils import retention_lines

from holdfast.preview import Preview
from holdfast.settings.sections.retention import RetentionRule
from tests import trials
from tests.integration import s3
from tests.integration.gated import TYPE, client, cycle_of, on_bucket

ROOT = "retained"
RACES, TAGS = trials.times(2, 300), 6
RULE = {"repositories": ["*/**"], "drop": ["*"], "keep": [{"tags": ["kept*"]}], "grace": "0s"}
Host = Callable[..., Any]
KEPT = pytest.mark.parametrize("server", [True], indirect=True, ids=["versions"])
PLAIN = pytest.mark.parametrize("server", [False], indirect=True, ids=["no versions"])
BOTH = pytest.mark.parametrize(
    "server", [True, False], indirect=True, ids=["versions", "no versions"]
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, request: Any) -> Iterator[s3.Server]:
    folder = tmp_path_factory.mktemp("s3")
    with pytest.MonkeyPatch.context() as patch, s3.serving(folder, versions=request.param) as one:
        patch.setenv("AWS_CA_BUNDLE", "")  # whatever this machine has
        yield one


@pytest.fixture(scope="module")
def preview(registry_binary: Path, server: s3.Server) -> Iterator[Preview]:
    with on_bucket(registry_binary, server, ROOT) as running:
        yield running


@pytest.fixture
def store(server: s3.Server) -> Objects:
    return Objects(Pool(server.bucket), ROOT)


@pytest.fixture
def generation(preview: Preview, tmp_path: Path) -> Path:
    """Return a generation as it was rendered, with a rule, whose results are the test's own."""
    rendered = preview.scratch / "etc/current"
    config = json.loads((rendered / "agent/retention.json").read_text())
    config["rules"] = [RetentionRule.model_validate(RULE).rule]
    config["metrics"], config["records"] = str(tmp_path), str(tmp_path)
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent/retention.json").write_text(json.dumps(config))
    for name in ("gate", "registry"):
        (tmp_path / name).symlink_to(rendered / name)
    return tmp_path


@pytest.fixture
def host(generation: Path) -> Host:
    """Run verbs as a host does."""

    def run(verb: Any, image: str = "", **more: Any) -> Any:
        repository, _, tag = image.partition(":")
        order = {"verb": verb, "repository": repository, "tag": tag, "plan": None}
        return retention.work({"without_undo": False, **order, **more}, str(generation))  # type: ignore[typeddict-item]

    return run


def pushed(preview: Preview, repository: str, *tags: str) -> dict[str, Image]:
    images = {name: two_layer_image(f"{repository} {name}") for name in tags}
    for name, image in images.items():
        client(preview).push(repository, name, image)
    return images


def tags(preview: Preview, repository: str) -> set[str]:
    reply = client(preview).request("GET", f"/v2/{repository}/tags/list")
    return set(json.loads(reply.body)["tags"] or ()) if reply.status == 200 else set()


@KEPT
def test_tags_go_by_a_rule_and_come_back(preview: Preview, store: Objects, host: Host) -> None:
    images = pushed(preview, "a/app", "one", "two", "kept")
    client(preview).push("a/app", "one", images["kept"])  # the tag has two digests in its index
    (found,) = [one for one in host("plan")["repositories"] if one["repository"] == "a/app"]
    assert {one["tag"]: one["keep"] for one in found["tags"]} == {
        "one": False,
        "two": False,
        "kept": True,
    }
    assert all(abs(one["pushed"] - time.time()) < 600 for one in found["tags"])
    assert found["bytes"] >= len(images["two"].manifest)
    assert host("explain", "a/app:two")["tag"]["why"] == "drop"
    assert len(host("explain", "a/app:one")["pushes"]) == 2
    done = host("apply")
    assert {"a/app:one", "a/app:two"} <= set(done["tags"])
    assert f"a/app@{images['two'].digest}" in done["manifests"]
    assert tags(preview, "a/app") == {"kept"}
    assert client(preview).pull("a/app", "kept") == images["kept"]
    # A garbage collection takes the blobs, and the undo has them back.
    with cycle_of(preview) as cycle:
        collection = Collection(store, 0, 3600, now=lambda: time.time() + 2)
        assert collection.run(cycle, print)["moved"]["files"] > 0
    assert not store.has(places.blob(images["two"].digest))
    assert host("undo", "a/app:two") == {"tags": ["a/app:two"], "kept": []}
    assert client(preview).pull("a/app", "two") == images["two"]
    assert tags(preview, "a/app") == {"kept", "two"}
    assert "a/app:one" in host("undo")["tags"]
    assert client(preview).pull("a/app", "one") == images["kept"]
    with pytest.raises(StepError, match="expected a tag in the trash, found none"):
        host("undo", "a/app:one")


@KEPT
def test_an_undo_brings_nothing_back_that_a_client_deleted(preview: Preview, host: Host) -> None:
    images = pushed(preview, "b/app", "deleted", "loose", "again")
    client(preview).delete("b/app", images["deleted"].digest)
    host("untag", "b/app:again")
    client(preview).push("b/app", "again", images["again"])
    client(preview).delete("b/app", images["again"].digest)
    host("untag", "b/app:loose")
    assert "b/app:loose" in host("undo")["tags"]
    assert tags(preview, "b/app") == {"loose"}


@KEPT
def test_a_tag_that_came_back_has_the_time_of_its_push(preview: Preview, host: Host) -> None:
    pushed(preview, "c/app", "one")
    before = host("explain", "c/app:one")["tag"]["pushed"]
    host("untag", "c/app:one")
    assert host("undo", "c/app:one")["tags"] == ["c/app:one"]
    assert host("explain", "c/app:one")["tag"]["pushed"] == before


@BOTH
def test_one_tag_goes_alone(preview: Preview, server: s3.Server, host: Host) -> None:
    image = two_layer_image(f"siblings {server.versions}")
    for name in ("one", "two", "three"):
        client(preview).push("d/app", name, image)
    client(preview).push("d/app", "three", two_layer_image("moved away"))
    before = server.requests()
    done = host("untag", "d/app:one", without_undo=not server.versions)
    seen = server.requests() - before
    assert done == {"digest": image.digest, "siblings": ["two"]}
    assert seen <= 16, seen
    assert tags(preview, "d/app") == {"two", "three"}
    assert client(preview).pull("d/app", "two") == image
    with pytest.raises(StepError, match="expected a tag, found none"):
        host("untag", "d/app:one", without_undo=True)
    for wrong in ("d/app:../x", "../x:y"):
        with pytest.raises(StepError, match="expected"):
            host("untag", wrong, without_undo=True)


@PLAIN
def test_without_versions_nothing_goes_unless_somebody_says_for_ever(
    preview: Preview, host: Host, generation: Path
) -> None:
    images = pushed(preview, "e/app", "one", "kept")
    plan = host("plan")
    assert any(one["repository"] == "e/app" for one in plan["repositories"])
    said = retention_lines.lines("plan", plan, "")
    assert "an apply is refused: the bucket: expected to keep versions" in said[0][1]
    for verb, image in (("apply", ""), ("untag", "e/app:one")):
        with pytest.raises(StepError, match=r"to keep versions.*--without-undo"):
            host(verb, image)
    config = retention.config_of(str(generation))
    opened = retention.opening.opened(config["storage"], str(generation))
    night = retention.nightly(Retention(config, opened))
    assert "nothing goes: the bucket" in night.lines[0]
    # Nor does the gate itself take anything, if somebody asks it alone.
    with cycle_of(preview) as cycle, pytest.raises(Exception, match="to keep versions"):
        cycle.take("e/app", {"one": images["one"].digest}, [], "test")
    assert tags(preview, "e/app") == {"one", "kept"}
    done = host("apply", without_undo=True)
    assert "e/app:one" in done["tags"]
    assert "manifests for ever" in retention_lines.lines("apply", done, "")[-1][1]
    assert f"e/app@{images['one'].digest}" in done["manifests"]
    assert tags(preview, "e/app") == {"kept"}
    assert client(preview).pull("e/app", "kept") == images["kept"]
    with pytest.raises(StepError, match=r"nothing comes back: .*to keep versions"):
        host("undo")


@BOTH
def test_another_hosts_gate_forbids_a_removal(preview: Preview, store: Objects, host: Host) -> None:
    pushed(preview, "f/app", "one")
    key = f"{ROOT}/holdfast-gates/another"
    store._pool.ask("s3:PutObject", "PUT", key)
    try:
        with pytest.raises(StepError, match="the gate of this host alone"):
            host("untag", "f/app:one", without_undo=True)
    finally:
        store._delete([(key, "")])
    assert tags(preview, "f/app") == {"one"}


@KEPT
def test_a_plan_reads_each_tag_and_each_manifest_once(
    preview: Preview, server: s3.Server, host: Host
) -> None:
    image = pushed(preview, "g/app", "t0")["t0"]
    for number in range(1, 12):
        client(preview).push("g/app", f"t{number}", image)
        client(preview).push("g/other", f"t{number}", image)
    log = server.folder / "requests"
    begun = log.stat().st_size
    plan = host("plan")
    lines = log.read_text()[begun:].splitlines()
    every = sum(len(one["tags"]) for one in plan["repositories"])
    manifests = {tag["digest"] for one in plan["repositories"] for tag in one["tags"]}
    links = [line for line in lines if "/current/link" in line]
    assert len(links) == every >= 23
    known = sum(image.digest.partition(":")[2] in line for line in lines)
    assert known == 1
    # Besides, some lists; manifests without a tag are read, too.
    assert len(lines) < every + 4 * len(manifests) + 10, (len(lines), every, len(manifests))


@pytest.mark.parametrize("same", [True, False], ids=["same image", "another one"])
@BOTH
def test_an_acknowledged_push_keeps_its_tag(
    preview: Preview, server: s3.Server, *, same: bool
) -> None:
    repository, names = f"race/{'same' if same else 'other'}", [f"tag{n}" for n in range(TAGS)]
    first = two_layer_image(f"{repository} first")
    taken = 0
    with ThreadPoolExecutor(TAGS) as pool:
        for number in range(RACES):
            again = first if same else two_layer_image(f"{repository} {number}")
            client(preview).push(repository, "there", again)  # only the manifest is left
            for name in names:
                client(preview).push(repository, name, first)
            start = threading.Barrier(TAGS + 1)
            with cycle_of(preview) as cycle:
                pushes = [
                    pool.submit(_later, preview, start, f"{repository}/manifests/{name}", again)
                    for name in names
                ]
                going = dict.fromkeys(names, first.digest)
                start.wait(60)
                time.sleep(0.04 * (number % 8))  # the removal comes earlier and later
                kept = cycle.take(repository, going, [], "test", for_ever=not server.versions)
                taken += len(kept["tags"])
                assert {one.result() for one in pushes} == {201}
            for name in names:
                assert client(preview).pull(repository, name) == again, (number, name, kept)
    print(f"{taken} tags taken of {RACES * TAGS}")


def _later(preview: Preview, start: threading.Barrier, path: str, image: Image) -> int:
    one = client(preview, 60)
    one.request("GET", "/v2/")
    start.wait(60)
    status: int = one.request("PUT", f"/v2/{path}", image.manifest, TYPE).status
    return status


class Killed(BaseException):
    """End of the process, at a step."""


class Mortal(Pool):
    """A pool that ends at the request that would be the one too many to change something."""

    def __init__(self, opened: Any, left: int) -> None:
        super().__init__(opened)
        self.left = left

    def ask(self, action: str, method: str, *more: Any, **also: Any) -> Any:
        if method == "POST":
            self.left -= 1
            if self.left < 0:
                raise Killed
        return super().ask(action, method, *more, **also)


class Here:
    """The cycle of a gate in this process."""

    def __init__(self, store: Objects, record: Path) -> None:
        self.gate = Gate(store)
        self.taking = Taking(self.gate, Pushes(str(record)), lambda _: None)
        self.name = self.gate.begin()

    def take(self, repository: str, tags: Any, manifests: Any, by: str, **more: Any) -> Any:
        order = {"repository": repository, "tags": tags, "manifests": manifests, "by": by}
        return self.taking.take({"cycle": self.name, **order, **more})  # type: ignore[typeddict-item]

    def bring_back(self, repository: str, digest: str, tag: str = "", pushed: Any = None) -> bool:
        return self.taking.bring_back(repository, digest, tag, pushed)


@KEPT
def test_a_kill_at_any_step_leaves_nothing_half(
    preview: Preview, server: s3.Server, tmp_path: Path
) -> None:
    record = tmp_path / "pushes.jsonl"
    for step in range(12):
        repository = f"killed/step{step}"
        images = pushed(preview, repository, "one", "kept")
        plan: Any = {"repositories": [_planned(repository, images)]}
        mortal = Objects(Mortal(server.bucket, step), ROOT)
        ended = _ends(lambda: applying.apply(Here(mortal, record), plan, None, "test"))  # type: ignore[arg-type]  # noqa: B023
        for name in tags(preview, repository):
            assert client(preview).pull(repository, name) == images[name]
        whole = Objects(Pool(server.bucket), ROOT)
        applying.apply(Here(whole, record), plan, None, "test")  # type: ignore[arg-type]
        assert tags(preview, repository) == {"kept"}
        assert client(preview).pull(repository, "kept") == images["kept"]
        # The undo is killed at the same number of steps, and repeated.
        mortal = Objects(Mortal(server.bucket, step), ROOT)
        _ends(lambda: _undone(mortal, record, repository))  # noqa: B023
        _undone(whole, record, repository)
        for name, image in images.items():
            assert client(preview).pull(repository, name) == image
        if ended:
            break
    else:
        pytest.fail("expected an apply that comes to its end")
    assert step >= 3


def _planned(repository: str, images: dict[str, Image]) -> Any:
    going = [(name, one.digest) for name, one in images.items() if name != "kept"]
    return {
        "repository": repository,
        "tags": [{"tag": name, "digest": digest, "keep": False} for name, digest in going],
        "manifests": [digest for _, digest in going],
        "bytes": 0,
    }


def _undone(store: Objects, record: Path, repository: str) -> None:
    undoing.undo(Here(store, record), store, read(str(record)), (repository, ""))  # type: ignore[arg-type]


def _ends(call: Callable[[], object]) -> bool:
    try:
        call()
    except Killed:
        return False
    return True
