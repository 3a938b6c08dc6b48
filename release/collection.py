"""Give a collection's archive an order, times and owners that do not depend on the machine."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

MANIFEST, FILES = "MANIFEST.json", "FILES.json"


def normalize(path: Path, time: int) -> None:
    """Write an archive of ansible-galaxy again: the same files, in order, with one time."""
    with tarfile.open(path) as archive:
        members = {one.name: one for one in archive.getmembers()}
        texts = {name: _read(archive, one) for name, one in members.items() if one.isfile()}
    texts[FILES] = _ordered(texts[FILES])
    texts[MANIFEST] = _naming(texts[MANIFEST], texts[FILES])
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in (MANIFEST, FILES, *sorted(members.keys() - {MANIFEST, FILES})):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mtime = members[name].type, time
            entry.mode = 0o755 if members[name].mode & 0o100 or members[name].isdir() else 0o644
            entry.size, entry.linkname = len(texts.get(name, b"")), members[name].linkname
            archive.addfile(entry, io.BytesIO(texts.get(name, b"")))
    path.write_bytes(gzip.compress(made.getvalue(), mtime=0))


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    found = archive.extractfile(member)
    assert found
    return found.read()


def _ordered(files: bytes) -> bytes:
    """Return the list of files in the order of their names."""
    listed = json.loads(files)
    listed["files"].sort(key=lambda one: one["name"])
    return _text(listed)


def _naming(manifest: bytes, files: bytes) -> bytes:
    """Return the manifest with the digest of the list of files."""
    found = json.loads(manifest)
    found["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    return _text(found)


def _text(value: object) -> bytes:
    return f"{json.dumps(value, indent=1)}\n".encode()
