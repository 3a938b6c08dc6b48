"""Stores with random images, and what is true of them by brute force over their files."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def sha(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def put(store: Directory, content: bytes) -> str:
    path = Path(store.path(places.blob(sha(content))))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha(content)


def link(store: Directory, place: str, digest: str) -> None:
    path = Path(store.path(place))
    path.parent.mkdir(parents=True, exist_ok=True)
    # As the registry does it: a new file, so that a tag that moves is another one.
    path.unlink(missing_ok=True)
    path.write_text(digest)


def revision(store: Directory, name: str, digest: str) -> None:
    link(store, places.revision(name, digest), digest)


def tag(store: Directory, name: str, tagged: str, digest: str) -> None:
    link(store, f"{places.tag(name, tagged)}/current/link", digest)


def untag(store: Directory, name: str, tagged: str) -> None:
    shutil.rmtree(store.path(places.tag(name, tagged)))


def unlink(store: Directory, name: str, digest: str) -> None:
    Path(store.path(places.revision(name, digest))).unlink()


def image(
    store: Directory,
    layers: list[bytes],
    labels: dict[str, str] | None = None,
    **more: Any,
) -> str:
    """Put the blobs of an image; return the digest of its manifest. `more` is of the manifest."""
    config = {
        "os": "linux",
        "architecture": more.pop("architecture", "amd64"),
        "created": "2026-11-01T00:00:00Z",
        "config": {"Labels": labels or {}, **more.pop("inner", {})},
        "rootfs": {"type": "layers", "diff_ids": [sha(b"unpacked" + one) for one in layers]},
        "history": more.pop(
            "history", [{"created_by": f"RUN step {n}"} for n in range(len(layers))]
        ),
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _described(store, json.dumps(config).encode(), CONFIG),
        "layers": [_described(store, one, LAYER) for one in layers],
        **more,
    }
    return put(store, json.dumps(manifest).encode())


def index(store: Directory, children: list[str], **more: Any) -> str:
    platforms = [{"os": "linux", "architecture": f"arch{n}"} for n in range(len(children))]
    rows = [
        {"mediaType": MANIFEST, "digest": one, "size": 1, "platform": platform}
        for one, platform in zip(children, platforms, strict=True)
    ]
    manifest = {"schemaVersion": 2, "mediaType": INDEX, "manifests": rows, **more}
    return put(store, json.dumps(manifest).encode())


def _described(store: Directory, content: bytes, media: str) -> dict[str, Any]:
    return {"mediaType": media, "digest": put(store, content), "size": len(content)}


class World:
    """A store that changes at random, as pushes, deletes, clean-ups and damage change it."""

    NAMES = ("app", "team/api", "team/api/web", "tools")

    def __init__(self, store: Directory, seed: int) -> None:
        self.store, self.random = store, random.Random(seed)
        self.layers = [bytes([n]) * (10 + 7 * n) for n in range(12)]
        self.made: list[str] = []
        self.lost: list[tuple[Path, bytes]] = []

    def step(self) -> str:
        """Change one thing; return the repository in which a hint would name it."""
        name = self.random.choice(self.NAMES)
        deed = self.random.choice(
            [
                *(self._push, self._push, self._push, self._push, self._push_index),
                *(self._attach, self._move, self._untag, self._delete, self._remove),
                *(self._lose, self._find),
            ]
        )
        deed(name)
        return name

    def _image(self, **more: Any) -> str:
        few = self.random.choices(self.layers, k=self.random.randint(1, 5))
        digest = image(self.store, few, {"n": str(self.random.randrange(3))}, **more)
        self.made.append(digest)
        return digest

    def _put(self, name: str, digest: str) -> None:
        revision(self.store, name, digest)
        if self.random.random() < 0.8:
            tag(self.store, name, self.random.choice("abcd"), digest)

    def _push(self, name: str) -> None:
        self._put(name, self._image())

    def _push_index(self, name: str) -> None:
        children = [self._image(architecture=str(n)) for n in range(self.random.randint(1, 3))]
        for one in children[: self.random.randint(0, 3)]:
            revision(self.store, name, one)
        self.made.append(index(self.store, children))
        self._put(name, self.made[-1])

    def _attach(self, name: str) -> None:
        if self.made:
            subject = {"mediaType": MANIFEST, "digest": self.random.choice(self.made), "size": 1}
            revision(self.store, name, self._image(subject=subject))

    def _move(self, name: str) -> None:
        if self.made:
            self._put(name, self.random.choice(self.made))

    def _untag(self, name: str) -> None:
        folder = Path(self.store.path(f"repositories/{name}/_manifests/tags"))
        if folder.is_dir() and (known := sorted(folder.iterdir())):
            shutil.rmtree(self.random.choice(known))

    def _delete(self, name: str) -> None:
        folder = Path(self.store.path(f"repositories/{name}/_manifests/revisions"))
        if known := sorted(folder.rglob("link")):
            self.random.choice(known).unlink()

    def _remove(self, name: str) -> None:
        if self.random.random() < 0.3:
            shutil.rmtree(self.store.path(f"repositories/{name}/_manifests"), ignore_errors=True)

    def _lose(self, _: str) -> None:
        if known := sorted(Path(self.store.root, "blobs").rglob("data")):
            path = self.random.choice(known)
            self.lost.append((path, path.read_bytes()))
            path.unlink()

    def _find(self, _: str) -> None:
        if self.lost:
            path, content = self.lost.pop()
            path.write_bytes(content)


class Truth:
    """All that is true of a store, from its files alone."""

    def __init__(self, root: str) -> None:
        self.blobs = {
            f"sha256:{path.parent.name}": path.read_bytes()
            for path in Path(root, "blobs").rglob("data")
        }
        self.members: dict[str, set[str]] = defaultdict(set)
        self.tags: dict[str, dict[str, str]] = defaultdict(dict)
        top = Path(root, "repositories")
        for path in top.rglob("link"):
            name, _, rest = str(path.relative_to(top)).partition("/_manifests/")
            parts = rest.split("/")
            if parts[0] == "revisions":
                self.members[name].add(f"sha256:{parts[2]}")
            elif parts[2] == "current":
                self.tags[name][parts[1]] = path.read_text()

    @property
    def names(self) -> set[str]:
        return {name for found in (self.members, self.tags) for name, some in found.items() if some}

    def parts(self, digest: str) -> set[str]:
        """Return all blobs of one manifest, itself included; none if it is missing."""
        manifest = json.loads(self.blobs.get(digest, b"null"))
        if manifest is None:
            return set()
        named = [manifest.get("config"), *manifest.get("layers", [])]
        return {digest, *(one["digest"] for one in named if one)}

    def children(self, digest: str) -> set[str]:
        manifest = json.loads(self.blobs.get(digest, b"{}"))
        return {one["digest"] for one in manifest.get("manifests", [])}

    def subject(self, digest: str) -> str:
        manifest = json.loads(self.blobs.get(digest, b"{}"))
        return str(manifest.get("subject", {}).get("digest", ""))

    def size(self, digests: set[str]) -> int:
        return sum(len(self.blobs.get(one, b"")) for one in digests)

    @property
    def indexed(self) -> set[str]:
        """Return the manifests that a repository has or a tag names."""
        every = {one for some in self.members.values() for one in some}
        return every | {one for some in self.tags.values() for one in some.values()}

    def full(self, digest: str) -> int:
        below = {digest} | {one for one in self.children(digest) if one in self.indexed}
        return self.size({part for one in below for part in self.parts(one)})

    def held(self, name: str) -> set[str]:
        return {part for one in self.members[name] for part in self.parts(one)}

    def sizes(self, name: str) -> tuple[int, int, int, int]:
        held = self.held(name)
        others = {part for one in self.names - {name} for part in self.held(one)}
        apparent = sum(self.full(one) for one in self.tags[name].values())
        real = self.size(held)
        return apparent, real, self.size(held - others), real - self.size(self.tagged(name))

    def tagged(self, name: str) -> set[str]:
        """Return the blobs of a repository that its tags need, with what is attached."""
        needed = set(self.tags[name].values())
        while True:
            more = {child for one in needed for child in self.children(one)}
            more |= {one for one in self.indexed if self.subject(one) in needed}
            if more <= needed:
                break
            needed |= more
        return {part for one in needed & self.members[name] for part in self.parts(one)}
