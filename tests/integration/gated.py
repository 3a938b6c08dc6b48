"""A registry behind a gate, and what a test needs to see of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Cycle
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
)

from holdfast.preview import Preview
from holdfast.settings import parse
from holdfast.settings.sections.cache import MemoryCache, NoCache
from tests.integration import s3
from tests.integration.generations import distribution

PASSWORD = "correct-horse-battery"
COMMON = {
    "registry_hostname": "registry.example.com",
    "registry_auth_users": [{"name": "alice", "password": PASSWORD}],
    "registry_storage_delete": True,
}
SETTINGS = {**COMMON, **distribution("3.1.1")}
CACHES = {"memory": MemoryCache(mode="memory"), "none": NoCache(mode="none")}
TYPE = {"Content-Type": MANIFEST_TYPE}


def behind_gate(binary: Path, cache: str, version: str = "3.1.1", **more: Any) -> Preview:
    """Return a preview, to be entered, whose registry has this cache: memory or none."""
    preview = Preview(parse({**COMMON, **distribution(version), **more}), binary)
    preview.settings = preview.settings.model_copy(update={"cache": CACHES[cache]})
    return preview


def on_bucket(
    binary: Path, server: s3.Server, root: str, version: str = "3.1.1", **more: Any
) -> Preview:
    """Return a preview, to be entered, whose images are in a folder of a bucket."""
    settings = {**COMMON, **distribution(version), **server.settings, **more}
    wanted = parse({**settings, "registry_storage_root_directory": root})
    preview = Preview(wanted, binary)
    changes = {"storage": wanted.storage, "cache": CACHES["none"]}
    preview.settings = preview.settings.model_copy(update=changes)
    return preview


def client(preview: Preview, timeout: float = 10) -> Client:
    port, ca = preview.settings.proxy.port, str(preview.ca_file)
    one = over_tls("localhost", port, cafile=ca, timeout=timeout)
    return one.login("alice", PASSWORD)


def store(preview: Preview) -> Directory:
    return Directory(str(preview.scratch / "images"))


def cycle_of(preview: Preview) -> Cycle:
    return Cycle(str(preview.scratch / "run/gate/control.sock"))


def trash(cycle: Cycle, places: list[str]) -> list[str]:
    """Move places to the trash, in as many batches as a busy machine needs; return those moved."""
    done: list[str] = []
    while places:
        answer = cycle.trash(places)
        done, places = done + answer["done"], answer["left"]
    return done
