"""Fetch axe-core, which finds in a page what keeps people from using it, once."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path

from holdfast.distribution.fetch import download
from holdfast.errors import RefusedError
from testhosts.cache import cache, locked
from testhosts.machine import HarnessError

VERSION = "4.14.1"
ADDRESS = f"https://registry.npmjs.org/axe-core/-/axe-core-{VERSION}.tgz"
CHECKSUM = "sha256:e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"


def obtain() -> Path:
    """Return the script. Raises HarnessError 4 if it cannot be had."""
    script = cache() / f"axe-{VERSION}.min.js"
    with locked("axe"), tempfile.TemporaryDirectory(prefix="axe-") as folder:
        if not script.exists():
            archive = Path(folder) / "axe-core.tgz"
            try:
                download(ADDRESS, archive, CHECKSUM)
            except RefusedError as error:
                raise HarnessError(f"axe-core: cannot be had from {ADDRESS}", 4) from error
            _unpack(archive, script)
    return script


def _unpack(archive: Path, script: Path) -> None:
    with tarfile.open(archive) as package:
        member = package.extractfile("package/axe.min.js")
        assert member
        new = script.with_suffix(".new")
        new.write_bytes(member.read())
    new.rename(script)
