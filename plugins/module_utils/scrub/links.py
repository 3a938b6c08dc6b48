"""Find links of a store that are empty, or name something else than their place does."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_files

TODO = "Remove the file, and push the image again"
MOST_BYTES = 1024
"""Size above which a file is no link."""


def odd(store: Directory) -> Iterator[str]:
    """Yield a sentence for each odd link, with its path."""
    for repository, folder in listing.repositories(store.root):
        yield from _named(folder, "_layers", "the registry cannot serve the blob")
        yield from _named(folder, "_manifests/revisions", "the registry cannot serve the manifest")
        for one in listing.folders(os.path.join(folder, "_manifests", "tags")):
            yield from _tag(repository, folder, one)


def _named(folder: str, below: str, effect: str) -> Iterator[str]:
    """Yield a sentence for each link that does not name the digest of its own folder."""
    for digest, path in listing.digests(os.path.join(folder, below)):
        link = os.path.join(path, "link")
        found = _content(link)
        if found not in (None, digest):
            yield f"{link}: expected {digest}, found {_shown(found)}: {effect}. {TODO}"


def _tag(repository: str, folder: str, entry: os.DirEntry[str]) -> Iterator[str]:
    link = os.path.join(entry.path, "current", "link")
    found = _content(link)
    if found is None:
        return  # an old tag: its folder stays while its history does
    if not places.known(found):
        text = f"{link}: expected a digest, found {_shown(found)}"
        yield f"{text}: the tag cannot be pulled. Push {repository}:{entry.name} again"
    elif not os.path.exists(_revision(folder, found)):
        text = f"{link}: expected a manifest of the repository, found {found}"
        yield f"{text}: the tag cannot be pulled. Push {repository}:{entry.name} again"


def _revision(folder: str, digest: str) -> str:
    algorithm, _, digits = digest.partition(":")
    return os.path.join(folder, "_manifests", "revisions", algorithm, digits, "link")


def _content(path: str) -> str | None:
    """Return the text of a link; None if there is none."""
    try:
        return foreign_files.read(path, MOST_BYTES).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{error.strerror or error}"


def _shown(text: str | None) -> str:
    return repr(text[:100]) if text else "nothing"
