"""Copy a file from a URL or a path to the cache, and verify its checksum."""

from __future__ import annotations

import hashlib
import os
import shutil
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError

from ansible_collections.holdfast.registry.plugins.module_utils.system import outbound

from holdfast.errors import RefusedError

TIMEOUT_SECONDS = 30


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Redirect handler that never follows from https to http."""

    def redirect_request(  # noqa: PLR0913, PLR0917 -- the library's own signature
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https://") and not newurl.startswith("https://"):
            raise URLError(f"redirected from https to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(
    address: str, target: Path, checksum: str, variables: Mapping[str, str] | None = None
) -> None:
    """Download a file; the target exists only if its checksum is right. Raises RefusedError.

    `variables` are those of the outbound proxy, by default this process' own.
    """
    opener = outbound.opener(variables, _NoDowngrade())
    try:
        with opener.open(address, timeout=TIMEOUT_SECONDS) as stream:
            _keep(stream, target, checksum, address)
    except (HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise RefusedError(
            f"{address}: cannot be downloaded ({reason})."
            " Where this machine has no internet, set registry_distribution_source to url or file;"
            " where a proxy is the way out, registry_outbound_controller_proxy"
        ) from error


def copy(source: Path, target: Path, checksum: str) -> None:
    """Copy a file; the target exists only if its checksum is right. Raises RefusedError."""
    try:
        with source.open("rb") as stream:
            _keep(stream, target, checksum, str(source))
    except OSError as error:
        raise RefusedError(
            f"registry_distribution_path: {source} cannot be read ({error.strerror})."
            " A relative path counts from the inventory's folder"
        ) from error


def _keep(stream: IO[bytes], target: Path, checksum: str, name: str) -> None:
    """Write a stream next to the target while hashing, and rename it if the checksum is right."""
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
                " Compare with what its publisher says before you change it"
            )
        shutil.move(beside, target)
    finally:
        beside.unlink(missing_ok=True)
