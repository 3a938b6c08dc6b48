"""Of several pushers of one immutable tag exactly one is acknowledged; quotas hold, too."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate import quotas

from holdfast.preview import Preview
from tests.integration.gated import TYPE, behind_gate, client, store
from tests.integration.pushed import image
from tests.integration.races import race

KEPT = {"registry_push_rules": [{"repositories": ["team/**"], "immutable": True}]}
QUOTAS = {
    "registry_quotas": [
        {"repositories": ["small/*"], "bytes": 20_000},
        {"repositories": ["few/*"], "tags": 5},
    ]
}


def test_one_of_four_gets_an_immutable_tag(registry_binary: Path) -> None:
    with behind_gate(registry_binary, "memory", **KEPT) as preview:
        seen = race(lambda: client(preview), tags=40)
    assert all(one == {201: 1, 409: 3} for one in seen), seen


def test_without_a_rule_several_get_it(registry_binary: Path) -> None:
    """The race is no tame one."""
    with behind_gate(registry_binary, "memory") as preview, pytest.raises(AssertionError):
        assert all(one[201] == 1 for one in race(lambda: client(preview), tags=20))


@pytest.fixture
def limited(registry_binary: Path) -> Iterator[Preview]:
    with behind_gate(registry_binary, "memory", **QUOTAS) as running:
        yield running


def put(preview: Preview, repository: str, tag: str, text: str, size: int = 10) -> tuple[int, str]:
    """Push an image; return the status and the message."""
    one, own = image(text, size=size), client(preview)
    for digest, content in one.blobs.items():
        own.upload(repository, digest, content)
    reply = own.request("PUT", f"/v2/{repository}/manifests/{tag}", one.manifest, TYPE)
    return reply.status, reply.body.decode() and json.loads(reply.body)["errors"][0]["message"]


def test_a_quota_of_bytes_holds_and_is_freed_by_a_delete(limited: Preview) -> None:
    assert put(limited, "small/a", "1", "one", 9000)[0] == 201
    assert put(limited, "small/b", "1", "two", 9000)[0] == 201
    status, text = put(limited, "small/a", "2", "three", 9000)
    assert status == 403
    assert text.startswith("the quota of small/* is used up: ")
    assert put(limited, "small/b", "2", "one", 9000)[0] == 201  # the same blobs count once
    assert put(limited, "other/b", "2", "three", 90000)[0] == 201
    assert client(limited).delete("small/b", image("two", size=9000).digest)
    assert put(limited, "small/a", "2", "three", 9000)[0] == 201


def test_a_quota_of_tags_is_exact_beside_others_and_after_a_restart(limited: Preview) -> None:
    one, seen = image("many"), list[int]()
    for digest, content in one.blobs.items():
        client(limited).upload("few/a", digest, content)

    def push(number: int) -> None:
        own = client(limited)
        for count in range(5):
            path = f"/v2/few/a/manifests/{number}-{count}"
            seen.append(own.request("PUT", path, one.manifest, TYPE).status)

    threads = [threading.Thread(target=push, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [201] * 5 + [403] * 15
    restart_gate(limited)
    assert put(limited, "few/b", "another", "another")[0] == 403


def test_the_clean_up_counts_what_is_used(limited: Preview) -> None:
    assert put(limited, "small/c", "1", "used", 5000)[0] == 201
    (path,) = limited.scratch.rglob("agent/gc.json")
    some, few = quotas.used(store(limited), json.loads(path.read_text())["quotas"])
    assert 5000 < some["bytes"] < 5000 + 2000
    assert (some["most_bytes"], some["most_tags"]) == (20_000, None)
    assert (few["tags"], few["most_tags"], few["most_bytes"]) == (0, 5, None)


def restart_gate(preview: Preview) -> None:
    """Kill the gate, and start another one at its socket."""
    preview.signal("gate", signal.SIGKILL)
    known: Any = preview
    known._processes["gate"].wait()
    socket = preview.scratch / "run" / "gate" / "manifests.sock"
    socket.unlink(missing_ok=True)
    wanted = next(one for one in known._wanted if one.name == "gate")
    known._start(wanted)
    known._wait()
