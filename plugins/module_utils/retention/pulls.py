"""Read in the proxy's access log when images were pulled."""

from __future__ import annotations

import datetime
import glob
import gzip
import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_files

_PULL = re.compile(r"/v2/(.+)/manifests/([^/]+)")


class Pulls(NamedTuple):
    """Pulls in the log."""

    last: dict[str, dict[str, float]]
    """Time of the last pull by repository, and there by tag or digest."""
    since: float | None
    """Time of the oldest line; None if there is no log."""


def read(path: str) -> Pulls:
    """Return the pulls in a log and in those that were rotated away."""
    last: dict[str, dict[str, float]] = {}
    since: float | None = None
    for line in _lines(path):
        try:
            entry = json.loads(line)
            when = datetime.datetime.fromisoformat(entry["time"]).timestamp()
            pull = _PULL.fullmatch(entry["uri"])
            good = entry["method"] in {"GET", "HEAD"} and int(entry["status"]) in {200, 304}
        except (ValueError, KeyError, TypeError):  # cut by a full disk
            continue
        since = when if since is None else min(since, when)
        if pull and good:
            known = last.setdefault(pull[1], {})
            known[pull[2]] = max(when, known.get(pull[2], 0.0))
    return Pulls(last, since)


def _lines(path: str) -> Iterator[str]:
    """Yield the lines of all files of a log; one that goes away meanwhile is left out."""
    for one in glob.glob(f"{glob.escape(path)}*"):
        try:
            # The files belong to the proxy's user, who can put anything there.
            with foreign_files.opened(one) as raw, _unpacked(one, raw) as lines:
                for line in lines:
                    yield line.decode("utf-8", "replace")
        except (OSError, EOFError):
            continue


def _unpacked(path: str, raw: BinaryIO) -> BinaryIO | gzip.GzipFile:
    return gzip.GzipFile(fileobj=raw) if path.endswith(".gz") else raw
