"""Prove blobs by their digests while they pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

from holdfast.copying.place import Descriptor, ImageError


def proved(
    pieces: Iterable[bytes], part: Descriptor, took: Callable[[int], None], where: str, fault: str
) -> Iterator[bytes]:
    """Yield the pieces of a blob; the last one only if all have its digest and its size.

    Raises ImageError, which names the place and the fault, after all other pieces.
    """
    proof, done, held = digests.hasher(part.digest), 0, b""
    for piece in pieces:
        proof.update(piece)
        done += len(piece)
        took(len(piece))
        if held:
            yield held
        held = piece
    found = f"{part.digest.partition(':')[0]}:{proof.hexdigest()}"
    if (found, done) != (part.digest, part.size):
        raise ImageError(
            f"{where}: expected {part.digest} with {part.size} bytes, got {found} with {done}:"
            f" {fault}"
        )
    if held:
        yield held
