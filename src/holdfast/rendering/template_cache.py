"""Compiled templates, cached on the controller between runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from holdfast.distribution.obtain import default_cache


def kept(syntax: Mapping[str, Any]) -> FileSystemBytecodeCache | None:
    """Return the cache of templates compiled with this syntax; None if it cannot be used.

    Its content is executed, so only the user may have write access. It contains no settings.
    Entries that do not match the template, Python or Jinja are ignored.
    """
    digest = hashlib.sha256(repr(sorted(syntax.items())).encode()).hexdigest()
    folders = [default_cache(), default_cache() / "templates"]
    folders.append(folders[-1] / digest[:12])
    try:
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        safe = all(map(_ours, folders))
    except OSError:
        return None
    return _Kept(str(folders[-1])) if safe else None


class _Kept(FileSystemBytecodeCache):
    def dump_bytecode(self, bucket: Bucket) -> None:
        """Store a template; ignore a failure such as a full disk."""
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def _ours(folder: Path) -> bool:
    """Tell whether a path is a directory of this user, not a link, and not writable by others."""
    status = folder.lstat()
    own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return own and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
