"""A folder in the OCI image layout as a side of a copy.

Source: OCI image specification 1.1, image-layout.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

from holdfast.copying import manifests
from holdfast.copying.place import Descriptor, ImageError, Manifest, Pieces
from holdfast.copying.proof import proved
from holdfast.errors import InputError
from holdfast.issuer import globs

NAME = "org.opencontainers.image.ref.name"
CONTAINERD = "io.containerd.image.name"
PIECE = 1 << 20
Entry = dict[str, Any]


class Layout:
    """One folder. Names are `repository:tag`; a tag alone is one of the folder's own name."""

    def __init__(self, folder: Path, *, below: str = "", took: Callable[[int], None]) -> None:
        self.name, self._folder, self._took = f"oci:{folder}", folder, took
        self._below = f"{below}/" if below else ""
        self._lock = threading.Lock()
        self._index = _read(folder)
        self._entries = {_named(one, folder): one for one in self._index["manifests"]}

    def repositories(self) -> list[str] | None:
        """Return all repositories. Raises InputError if there are images and none has a name."""
        found = sorted({name for name, _ in self._entries if name})
        if self._entries and not found:
            raise InputError(
                f"{self.name}: expected images with names such as team/app:1.0 ({NAME}), found none"
            )
        return found

    def tags(self, repository: str) -> list[str]:
        """Return all tags of a repository."""
        return sorted(tag for name, tag in list(self._entries) if name == self._of(repository))

    def resolve(self, repository: str, reference: str) -> str | None:
        """Return the digest of a tag, or a digest that is there; None if there is none."""
        if ":" in reference:
            return reference if self._path(reference).exists() else None
        entry = self._entries.get((self._of(repository), reference))
        return str(entry["digest"]) if entry else None

    def manifest(self, repository: str, reference: str) -> Manifest:
        """Return a manifest, proved by its digest. Raises ImageError."""
        digest = self.resolve(repository, reference)
        if digest is None or not digests.hasher(digest):
            raise ImageError(f"{self.name}: expected {repository} {reference}, found none")
        path = self._path(digest)
        if not path.exists() or path.stat().st_size > manifests.MOST_BYTES:
            raise ImageError(f"{path}: expected a manifest of at most 4 MiB")
        content = path.read_bytes()
        if digests.of(content, digest.partition(":")[0]) != digest:
            raise ImageError(f"{path}: expected {digest}, got other bytes")
        entry = self._entries.get((self._of(repository), reference), {})
        return Manifest(digest, _type(content) or str(entry.get("mediaType", "")), content)

    def blob(self, repository: str, part: Descriptor) -> Iterator[bytes]:  # noqa: ARG002 -- one pool
        """Yield a blob; the last piece only if all have its digest. Raises ImageError."""
        path = self._path(part.digest)
        try:
            with path.open("rb") as stream:
                pieces = iter(lambda: stream.read(PIECE), b"")
                yield from proved(pieces, part, self._took, str(path), "it was changed")
        except OSError as error:
            raise ImageError(f"{path}: expected a blob: {error.strerror}") from error

    def referrers(self, repository: str, digest: str) -> list[Descriptor] | None:  # noqa: ARG002
        """Return None: referrers are listed in a tag."""
        return None

    def has_blob(self, repository: str, digest: str) -> bool:  # noqa: ARG002 -- one pool
        """Return True if the folder has a blob."""
        return self._path(digest).exists()

    def put_blob(self, repository: str, part: Descriptor, pieces: Pieces, known: str) -> bool:  # noqa: ARG002
        """Write a blob."""
        if self.has_blob(repository, part.digest):
            return True
        _write(self._path(part.digest), pieces())
        return False

    def put_manifest(self, repository: str, reference: str, manifest: Manifest) -> None:
        """Write a manifest, and its name if it is a tag."""
        path = self._path(manifest.digest)
        if not path.exists():
            _write(path, iter([manifest.content]))
        if ":" in reference:
            return
        name = self._of(repository), reference
        size = len(manifest.content)
        entry: Entry = {"mediaType": manifest.media_type, "digest": manifest.digest, "size": size}
        entry["annotations"] = {NAME: ":".join(name)}
        with self._lock:
            self._entries[name] = entry
            self._save()

    def _save(self) -> None:
        self._index["manifests"] = [one for _, one in sorted(self._entries.items())]
        _write(self._folder / "oci-layout", iter([b'{"imageLayoutVersion":"1.0.0"}']))
        _write(self._folder / "index.json", iter([json.dumps(self._index).encode()]))

    def _of(self, repository: str) -> str:
        return f"{self._below}{repository}"

    def _path(self, digest: str) -> Path:
        if not (digests.valid(digest) and digests.hasher(digest)):
            raise ImageError(f"expected a digest, got {digest}")
        algorithm, _, encoded = digest.partition(":")
        return self._folder / "blobs" / algorithm / encoded


def _read(folder: Path) -> dict[str, Any]:
    """Return the index of a folder; an empty one if there is none yet. Raises InputError."""
    path = folder / "index.json"
    if not path.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder}: expected a folder in the OCI layout, with index.json")
        return {"schemaVersion": 2, "mediaType": manifests.OCI_INDEX, "manifests": []}
    try:
        text = json.loads(path.read_text())
        manifests.descriptors(json.dumps(text).encode())
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: expected the index of an OCI layout") from error
    return {**text, "manifests": text.get("manifests") or []}


def _named(entry: Entry, folder: Path) -> tuple[str, str]:
    """Return repository and tag of an entry; without a name: "" and its digest."""
    notes = entry.get("annotations") or {}
    text = str(notes.get(CONTAINERD) or notes.get(NAME) or "")
    repository, colon, tag = text.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = ("", text) if text and "/" not in text else (text, "latest")
    first, _, rest = repository.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        repository = rest
    own = folder.resolve().name.lower()
    if not repository and text and globs.valid_name(own):
        repository = own
    return (repository, tag) if repository else ("", str(entry["digest"]))


def _type(content: bytes) -> str:
    with contextlib.suppress(ValueError, AttributeError):
        return str(json.loads(content).get("mediaType") or "")
    return ""


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    """Write a file atomically: beside its place first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with part.open("wb") as stream:
            for piece in pieces:
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
