"""Parse digests and the paths of blobs: `algorithm:encoded`, by the rules of the OCI.

Source: OCI image specification, descriptor.md; Distribution, registry/storage/paths.go.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

DIGEST = re.compile(r"([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)")
SIZES = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Hexadecimal digits by algorithm, of those that registries compute."""
CANONICAL = "sha256"
_HEX = re.compile(r"[0-9a-f]+")
_BLOB = re.compile(r"(?:.*/)?blobs/((?:[^/]+/)+)([^/]{2})/(\2[^/]*)/data")


def valid(text: str) -> bool:
    """Return True if a text is a digest; an algorithm that is not known here may be any."""
    found = DIGEST.fullmatch(text)
    if not found:
        return False
    algorithm, encoded = found.groups()
    size = SIZES.get(algorithm)
    return size is None or (len(encoded) == size and bool(_HEX.fullmatch(encoded)))


def hasher(digest: str) -> Any:
    """Return a new hash object for a digest's algorithm; None if it cannot be computed here."""
    algorithm = digest.partition(":")[0]
    return hashlib.new(algorithm) if algorithm in SIZES else None


def of(content: bytes, algorithm: str = CANONICAL) -> str:
    """Return the digest of bytes. Raises ValueError if the algorithm is not known here."""
    found = hasher(algorithm)
    if found is None:
        known = ", ".join(SIZES)
        raise ValueError(f"{algorithm}: expected an algorithm that can be computed here, {known}")
    found.update(content)
    return f"{algorithm}:{found.hexdigest()}"


def is_of_nothing(digest: str) -> bool:
    """Return True if a digest is that of no bytes: a blob of that name has to be empty."""
    found = hasher(digest)
    return found is not None and digest.partition(":")[2] == found.hexdigest()


def path_of(digest: str) -> str:
    """Return the path of a blob, relative to the directory docker/registry/v2."""
    algorithm, _, encoded = digest.partition(":")
    folders = re.sub("[+.]", "/", algorithm)
    return f"blobs/{folders}/{encoded[:2]}/{encoded}/data"


def folder_of(digest: str) -> str:
    """Return the folder of a digest among the links of a repository, such as `sha256/e3b0`."""
    algorithm, _, encoded = digest.partition(":")
    return f"{re.sub('[+.]', '/', algorithm)}/{encoded}"


def of_path(path: str) -> str | None:
    """Return the digest in the path of a blob; None if it is the path of something else."""
    found = _BLOB.fullmatch(path)
    # A separator of an algorithm's name is not known from its folders: no known one has any.
    return f"{found[1].strip('/').replace('/', '+')}:{found[3]}" if found else None
