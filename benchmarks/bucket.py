"""Count the requests of a registry to its bucket, which determine its speed far from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial

from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
)

from benchmarks import growth, store
from benchmarks.figures import Figure, Result, interleaved, say
from benchmarks.growth import Growth
from benchmarks.lab import Lab
from benchmarks.remote import DELAY_SECONDS, REPOSITORY, Remote, remote

SIZES, ROUNDS = (100, 1_000), 3
OURS, BARE = "as rendered: 16 tags at once", "the registry's default: as many as it has cores"


def measure(_: Lab) -> list[Result]:
    """Count requests at two sizes, and measure a delete with a slow bucket."""
    with ExitStack() as stack:
        remotes = {size: stack.enter_context(remote(size)) for size in SIZES}
        grown = [_grown(what, remotes, run) for what, run in _operations()]
        ways = {way: partial(remotes[SIZES[-1]].deleted, bare=way == BARE) for way in (BARE, OURS)}
        samples = interleaved("delete by digest", ways, ROUNDS)
    tags, delay = growth.grouped(SIZES[-1]), f"{DELAY_SECONDS * 1000:.0f} ms"
    title = f"delete by digest in a repository of {tags} tags, each request {delay}"
    return [
        growth.table("Requests for the bucket", "tags", grown),
        Figure(title, "s", BARE, samples, {OURS: "<= 0.3"}),
    ]


def _operations() -> Iterator[tuple[str, Callable[[Remote], float]]]:
    def get(path: str) -> Callable[[Remote], float]:
        accept = {"Accept": MANIFEST_TYPE}
        return lambda one: one.requests_of(
            lambda client: client.request("GET", path, headers=accept)
        )

    at = f"/v2/{REPOSITORY}"
    yield "manifest by tag", get(f"{at}/manifests/{store.tag_of(7)}")
    yield "tag list, whole", get(f"{at}/tags/list")
    yield "tag list, first page of 100", get(f"{at}/tags/list?n=100")
    yield "catalog of this one repository", get("/v2/_catalog")
    yield "push of an image with two small layers", lambda one: one.requests_of(one.push)
    yield "delete by digest", _deleted
    yield "garbage collection", Remote.collected


def _deleted(one: Remote) -> float:
    with one.running() as client:
        image, before = one.push(client), one.proxy.requests
        assert client.delete(REPOSITORY, image)
        return one.proxy.requests - before


def _grown(what: str, remotes: Mapping[int, Remote], run: Callable[[Remote], float]) -> Growth:
    say(what)
    return Growth(what, "", {size: [run(one)] for size, one in remotes.items()})
