"""List the repositories of a store, their manifests, tags and links to blobs."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Item


def repositories(root: str) -> Iterator[tuple[str, str]]:
    """Yield name and folder of each repository of a store; without an image there are none."""
    return below(os.path.join(root, "repositories"))


def below(top: str) -> Iterator[tuple[str, str]]:
    """Yield name and folder of each repository in a directory, of a store or of its trash."""
    waiting = [("", top)] if os.path.isdir(top) else []
    while waiting:
        name, folder = waiting.pop()
        with os.scandir(folder) as entries:
            inner = [one for one in entries if one.is_dir(follow_symlinks=False)]
        if name and any(one.name in {"_manifests", "_layers", "_uploads"} for one in inner):
            yield name, folder
        for one in inner:
            if not one.name.startswith("_"):
                waiting.append((f"{name}/{one.name}" if name else one.name, one.path))


def revisions(folder: str) -> Iterator[str]:
    """Yield the digests of the manifests of a repository's folder."""
    for digest, path in digests(os.path.join(folder, "_manifests", "revisions")):
        if os.path.exists(f"{path}/link"):
            yield digest


def tags(folder: str) -> Iterator[tuple[str, str]]:
    """Yield name and digest of each tag of a repository's folder; a damaged one is left out."""
    for one in folders(os.path.join(folder, "_manifests", "tags")):
        digest = tagged(one.path)
        if places.TAG.fullmatch(one.name) and places.known(digest):
            yield one.name, digest


def tagged(folder: str) -> str:
    """Return the digest that the folder of a tag names; "" if there is none."""
    try:
        with open(f"{folder}/current/link", encoding="ascii", errors="replace") as stream:
            return stream.read(200).strip()
    except OSError:
        return ""


def links(folder: str) -> Iterator[tuple[str, str]]:
    """Yield digest and path of the link to each blob of a repository's folder."""
    for digest, path in digests(os.path.join(folder, "_layers")):
        link = f"{path}/link"
        if os.path.exists(link):
            yield digest, link


def folders(path: str) -> list[os.DirEntry[str]]:
    """Return the directories in a directory; none if it does not exist."""
    try:
        with os.scandir(path) as entries:
            return [one for one in entries if one.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def digests(folder: str, without: Container[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield digest and folder below `ALGORITHM/DIGITS`; other names are left alone."""
    for algorithm in folders(folder):
        yield from named(algorithm.name, algorithm.path, without)


def named(algorithm: str, folder: str, without: Container[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield digest and folder of each directory that has the digits of a digest as its name."""
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for one in entries:
            digest = f"{algorithm}:{one.name}"
            # The cheapest test first: nearly all of a store is needed.
            if digest in without or not places.known(digest):
                continue
            if one.is_dir(follow_symlinks=False):
                yield digest, one.path


def blobs(root: str, without: Container[str] = ()) -> Iterator[tuple[Item, str]]:
    """Yield each blob of a store with its digest; other files are left alone."""
    for algorithm in folders(os.path.join(root, "blobs")):
        for first in folders(algorithm.path):
            for digest, path in named(algorithm.name, first.path, without):
                if digest.partition(":")[2][:2] == first.name:
                    found = item(places.blob(digest), f"{path}/data")
                    if found:
                        yield found, digest


def item(place: str, path: str) -> Item | None:
    """Return the file at a path as the item of a place; None if it is gone."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    # A rename or a link changes the second one only.
    return Item(place, status.st_size, max(status.st_mtime, status.st_ctime))
