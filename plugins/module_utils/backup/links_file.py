"""Write and read the list of links: one JSON object a line, the smallest part of a backup.

A folder of links would be many small files; and this one also has the times of the pushes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.backup.listing import Listed
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests, files
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupPlan,
    )

NAME = "links.jsonl"
FORMAT = 1
"""Format of the list. A host refuses a newer one than its code knows."""
_TEXT = "latin-1"
"""Keeps all bytes of a manifest, and leaves those of ASCII readable."""


def write(path: str, found: Listed, plan: BackupPlan, blobs: str) -> None:
    """Write a list atomically; `blobs` is the snapshot with its blobs, "" for none."""
    files.replace_own(path, map(_line, _records(found, plan, blobs)))


def read(stream: IO[bytes]) -> tuple[Listed, str]:
    """Return a list, and the snapshot with its blobs.

    Raises StepError for one of a newer holdfast, a cut one, or a manifest that is damaged.
    """
    found, head, ended = Listed(), None, False
    for line in stream:
        one = json.loads(line)
        if head is None:
            head = _head(one)
        elif "content" in one:
            content = one["content"].encode(_TEXT)
            if digests.of(content, one["digest"].partition(":")[0]) != one["digest"]:
                raise StepError(
                    f"{one['digest']}: expected the manifest of this digest, found another one in"
                    " the backup. Choose another snapshot: --snapshot"
                )
            found.contents[one["digest"]] = content
        elif "tag" in one:
            found.tags.append(one)
        elif "repository" in one:
            found.manifests.append(one)
        else:
            ended = True
    if head is None or not ended:
        raise StepError("backup: expected a complete list of links, found a part of one")
    return found, str(head["blobs"])


def _head(one: dict[str, Any]) -> dict[str, Any]:
    given = one.get("format")
    if not isinstance(given, int) or given > FORMAT:
        version = one.get("holdfast", "unknown")
        raise StepError(
            f"backup: expected format {FORMAT} or older, got {given}, of holdfast {version}."
            " Install that version of holdfast"
        )
    return one


def _records(found: Listed, plan: BackupPlan, blobs: str) -> Iterator[Any]:
    yield {"format": FORMAT, "holdfast": plan["version"], "host": plan["host"], "blobs": blobs}
    yield from found.tags
    yield from found.manifests
    wanted = found.blobs
    for digest, content in found.contents.items():
        if digest in wanted:
            yield {"digest": digest, "content": content.decode(_TEXT)}
    yield {"end": True}


def _line(record: Any) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"
