"""Compiled templates, kept on this machine for the next run."""

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
    """Return where templates that were compiled with this syntax are kept; None: nowhere.

    What lies there is executed, so nobody else may write to it. It holds no value of a setting, and
    what does not fit the template, Python or Jinja of a run is not used.
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
        """Keep a template, or do without: a full disk is no reason not to render."""
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def _ours(folder: Path) -> bool:
    """Tell whether a folder, and no link to one, is this user's and nobody else may write to it."""
    status = folder.lstat()
    own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return own and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
