"""Compare `holdfast copy` with `skopeo sync`: many small images, few large ones, nothing new."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    Image,
    digest_of,
    over_tls,
    two_layer_image,
)

from benchmarks.figures import Figure, Result, say
from benchmarks.lab import Lab
from benchmarks.peers import OPEN, preview
from holdfast.copying.order import Order, execute
from holdfast.copying.run import Wanted
from holdfast.copying.selection import Selection
from holdfast.preview import Preview
from holdfast.verification import Target

LONG = os.environ.get("HOLDFAST_TRIALS") == "long"
SMALL, LARGE, MIB = (1000, 10, 128) if LONG else (150, 4, 32)
"""Number of small images and of large ones, and MiB of a large one's layer."""
ROUNDS = 5 if LONG else 3
SKOPEO, OURS, AGAIN = "skopeo sync", "holdfast copy", "holdfast copy, nothing new"
GOALS = {OURS: "<= 1.11"}
NOTE = (
    "Each copy goes to a new registry behind its proxy, with TLS on both sides, on one machine."
    " The time to read an inventory is not in it."
)


def measure(_: Lab) -> list[Result]:
    """Measure the seconds of a first copy, and of a second one without anything new."""
    with _registry() as source:
        client = _client(source)
        say(f"copying: pushes {SMALL} small and {LARGE} large images")
        for number in range(SMALL):
            client.push("bench/small", f"1.{number}", two_layer_image(f"small {number}"))
        for number in range(LARGE):
            client.push("bench/large", f"1.{number}", _large(number))
        titles = {
            "bench/small": f"copy of {SMALL} small images",
            "bench/large": f"copy of {LARGE} images of {MIB} MiB",
        }
        return [one for name, title in titles.items() for one in _figures(source, name, title)]


def _large(number: int) -> Image:
    """Return an image whose last layer is large and does not compress."""
    small, layer = two_layer_image(f"large {number}"), os.urandom(MIB << 20)
    text, old = json.loads(small.manifest), next(reversed(small.blobs))
    text["layers"][-1] |= {"digest": digest_of(layer), "size": len(layer)}
    blobs = {key: blob for key, blob in small.blobs.items() if key != old}
    return Image(json.dumps(text).encode(), {**blobs, digest_of(layer): layer})


def _figures(source: Preview, name: str, title: str) -> list[Figure]:
    samples: dict[str, list[float]] = {way: [] for way in (SKOPEO, OURS, AGAIN)}
    for number in range(ROUNDS):
        say(f"{title}: round {number + 1} of {ROUNDS}")
        for way in (SKOPEO, OURS) if number % 2 else (OURS, SKOPEO):
            with _registry() as target, tempfile.TemporaryDirectory() as folder:
                run = _skopeo if way == SKOPEO else _ours
                samples[way].append(_timed(lambda: run(source, target, name, folder)))  # noqa: B023
                if way == OURS:
                    again = _timed(lambda: _ours(source, target, name, folder))
                    samples[AGAIN].append(again)
    first = {way: samples[way] for way in (SKOPEO, OURS)}
    second = {way: samples[way] for way in (OURS, AGAIN)}
    return [
        Figure(title, "s", SKOPEO, first, GOALS, NOTE),
        Figure(f"{title}, again", "s", OURS, second, {AGAIN: "<= 0.1"}),
    ]


@contextmanager
def _registry() -> Iterator[Preview]:
    with preview(**OPEN, registry_proxy_addresses=["127.0.0.1"]) as running:
        yield running


def _client(running: Preview) -> Client:
    port, trust = running.settings.proxy.port, str(running.ca_file)
    return over_tls("localhost", port, cafile=trust, timeout=60)


def _timed(work: Callable[[], None]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _ours(source: Preview, target: Preview, name: str, folder: str) -> None:
    os.environ["XDG_STATE_HOME"] = folder
    there = Target("target", target.settings, cafile=target.ca_file)
    address = "https", f"localhost:{source.settings.proxy.port}", ""
    order = Order(there, None, address, None, source.ca_file)
    report = execute(order, Wanted(Selection([name])), lambda _: None)
    assert not report.failed, report.failed[:3]
    assert len(report.copied) + report.unchanged in (SMALL, LARGE)


def _skopeo(source: Preview, target: Preview, name: str, folder: str) -> None:
    argv = ["skopeo", "sync", "--all", "--src", "docker", "--dest", "docker"]
    for side, running in (("src", source), ("dest", target)):
        trust = Path(folder, side)
        trust.mkdir()
        shutil.copy(running.ca_file, trust / "ca.crt")
        argv += [f"--{side}-cert-dir", str(trust)]
    place = f"localhost:{source.settings.proxy.port}/{name}"
    into = f"localhost:{target.settings.proxy.port}/bench"
    subprocess.run([*argv, place, into], check=True, capture_output=True)
