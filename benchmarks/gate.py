"""Measure what the gate costs: pushes of manifests and images, pulls, the wait for a clean-up."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import sections
from benchmarks.figures import Figure, Result, interleaved
from benchmarks.image_pusher import image
from benchmarks.lab import Lab
from benchmarks.nginx_variants import AS_RENDERED, Change, variants
from benchmarks.peers import OPEN, preview
from benchmarks.processes import cpu
from benchmarks.pusher import REPOSITORY, client
from benchmarks.traffic import ACCEPT, Measured, both, wrk
from holdfast.preview import Preview

WITHOUT, WITH = "without the gate", "with the gate"
BYPASS: Change = {r"PUT gate;\s+DELETE gate;": ""}
ROUNDS, SECONDS, PUSHERS = 21, 1, 8
SMALL, LARGE = 4 << 10, 1 << 20
"""Bytes of a layer: of the manifests' image, and of the pushed images."""
PUT = """
local n = 0
local headers = {["Content-Type"] = "application/vnd.oci.image.manifest.v1+json"}
request = function()
  n = n + 1
  local tag = "%s-" .. n
  local body = [==[%s]==] .. ',"annotations":{"number":"' .. tag .. '"}}'
  return wrk.format("PUT", "/v2/%s/manifests/" .. tag, headers, body)
end
"""
"""Requests of wrk: each pushes another manifest to another tag, with the same layers."""


def measure(lab: Lab) -> list[Result]:
    """Measure the same registry in turns: nginx sends manifests to the gate, or past it."""
    with ExitStack() as stack:
        base = stack.enter_context(preview(**OPEN))
        found = variants(stack, base.scratch / "images", {WITHOUT: BYPASS})
        ways = {WITHOUT: found[WITHOUT], WITH: found[AS_RENDERED]}
        results: list[Result] = [
            *_manifests(ways, lab.folder),
            *_images(ways),
            *_pulls(ways, lab.folder),
            *sections.measure(found[AS_RENDERED], lab.folder),
        ]
        assert gate_pushed(found[AS_RENDERED]), "no manifest has passed the gate"
        assert not gate_pushed(found[WITHOUT]), "a manifest has passed the gate"
        return results


def gate_pushed(running: Preview) -> int:
    """Return the number of manifests that have passed a preview's gate."""
    record = running.scratch.rglob("pushes.jsonl")
    return sum(len(path.read_text().splitlines()) for path in record)


def _manifests(ways: dict[str, Preview], folder: Path) -> Iterator[Figure]:
    one = image(SMALL)
    for running in ways.values():  # either registry remembers the layers, as after a push
        client(running.settings.url, running.ca_file).push(REPOSITORY, "latest", one)
    start = one.manifest.decode()[:-1]
    for count, goal in ((1, "<= 1.5"), (PUSHERS, "")):
        calls = {way: partial(_put, each, folder, start, count) for way, each in ways.items()}
        clients = f"{count} client{'s' * (count > 1)}"
        times, costs = both(f"manifests, {clients}", calls, ROUNDS)
        goals = {WITH: goal} if goal else {}
        title = f"push of a manifest, on a disk, {clients}"
        yield Figure(title, "ms", WITHOUT, times, goals)
        if count == PUSHERS:
            yield Figure(f"{title}: processor time", "ms", WITHOUT, costs)


_turn = iter(range(10**9))


def _put(running: Preview, folder: Path, start: str, clients: int) -> Measured:
    """Return the milliseconds of a push of a manifest, and those of processor time."""
    script = PUT % (f"r{next(_turn)}", start, REPOSITORY)
    before = cpu(*running.pids)
    done = wrk(running.settings.url, folder, clients, SECONDS, requests=script)
    used = cpu(*running.pids) - before
    return _milliseconds(done), used / done["requests"] * 1000


def _milliseconds(done: dict[str, Any]) -> float:
    seconds, requests = done["seconds"], done["requests"]
    return float(seconds / requests * 1000)


def _images(ways: dict[str, Preview]) -> Iterator[Figure]:
    size = f"{LARGE >> 20} MiB"
    calls = {way: partial(_pushed, each, 1, 5) for way, each in ways.items()}
    title = f"push of an image, three new layers of {size}"
    yield Figure(title, "s", WITHOUT, interleaved(title, calls, ROUNDS), {WITH: "<= 1.15"})
    calls = {way: partial(_rate, each) for way, each in ways.items()}
    title = f"{PUSHERS} pushers at once, three new layers of {size}"
    yield Figure(title, "images/s", WITHOUT, interleaved(title, calls, ROUNDS), {WITH: ">= 0.9"})


def _pushed(running: Preview, pushers: int, images: int) -> float:
    """Return the seconds of one image of each pusher."""
    argv = [sys.executable, "-m", "benchmarks.image_pusher", running.settings.url]
    argv += [str(running.ca_file), str(pushers), str(images), str(LARGE)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return float(done.stdout) / images


def _rate(running: Preview) -> float:
    return PUSHERS / _pushed(running, PUSHERS, 2)


def _pulls(ways: dict[str, Preview], folder: Path) -> Iterator[Figure]:
    def pull(running: Preview) -> float:
        url = f"{running.settings.url}/v2/{REPOSITORY}/manifests/latest"
        return _milliseconds(wrk(url, folder, 8, SECONDS, "-H", ACCEPT))

    calls: dict[str, Callable[[], float]] = {way: partial(pull, each) for way, each in ways.items()}
    title = "pull of a manifest, 8 clients"
    yield Figure(title, "ms", WITHOUT, interleaved(title, calls, ROUNDS), {WITH: "<= 1.0"})
