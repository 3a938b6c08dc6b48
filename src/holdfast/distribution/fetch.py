"""Copying a file from a web address or a path into the cache, by its checksum."""

from __future__ import annotations

import hashlib
import os
import shutil
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError

from holdfast.errors import RefusedError

TIMEOUT_SECONDS = 30


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to http."""

    def redirect_request(  # noqa: PLR0913, PLR0917 -- the library's own signature
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https://") and not newurl.startswith("https://"):
            raise URLError(f"redirected from https to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(address: str, target: Path, checksum: str) -> None:
    """Download to a file that exists only when its checksum is right. Raises RefusedError."""
    opener = urllib.request.build_opener(_NoDowngrade)
    try:
        with opener.open(address, timeout=TIMEOUT_SECONDS) as stream:
            _keep(stream, target, checksum, address)
    except (HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise RefusedError(
            f"{address}: cannot be downloaded ({reason}). Nothing was changed."
            " Where this machine has no internet, set registry_distribution_source to url or file"
        ) from error


def copy(source: Path, target: Path, checksum: str) -> None:
    """Copy a file to one that exists only when its checksum is right. Raises RefusedError."""
    try:
        with source.open("rb") as stream:
            _keep(stream, target, checksum, str(source))
    except OSError as error:
        raise RefusedError(
            f"registry_distribution_path: {source} cannot be read ({error.strerror})."
            " A relative path counts from the inventory's folder"
        ) from error


def _keep(stream: IO[bytes], target: Path, checksum: str, name: str) -> None:
    """Write a stream beside the target, hashing on the way, and rename it when it is right."""
    digest = hashlib.sha256()
    beside = target.with_name(f"{target.name}.part-{os.getpid()}")
    try:
        with beside.open("wb") as file:
            for block in iter(lambda: stream.read(1 << 20), b""):
                digest.update(block)
                file.write(block)
        found = f"sha256:{digest.hexdigest()}"
        if found != checksum:
            raise RefusedError(
                f"registry_distribution_checksum: expected {checksum}, got {found} of {name}."
                " Nothing was changed. Compare with what its publisher says before you change it"
            )
        shutil.move(beside, target)
    finally:
        beside.unlink(missing_ok=True)
