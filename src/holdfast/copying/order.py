"""Carry out the copy that a user ordered: make both sides, and run it with its journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from holdfast.copying import journal, sides
from holdfast.copying.credentials import Credential
from holdfast.copying.layout import Layout
from holdfast.copying.pacing import Bandwidth
from holdfast.copying.progress import Progress, Report
from holdfast.copying.registry import Registry
from holdfast.copying.run import Wanted, copy
from holdfast.copying.server import Server
from holdfast.verification.target import Target


@dataclass(frozen=True)
class Order:
    """The two sides of a copy, and its direction."""

    ours: Target
    login: Credential | None
    address: tuple[str, str, str]
    """Scheme, registry and path of the other side."""
    remote_login: Credential | None
    remote_ca: Path | None = None
    outward: bool = False
    """True to copy from ours to the other side."""
    below: str = ""
    """Path of the target below which repositories are put."""
    rate: int = 0
    """Bytes in a second at most; 0: no bound."""


def execute(order: Order, wanted: Wanted, show: Callable[[str], None]) -> Report:
    """Copy, and return the result. Raises HoldfastError."""
    progress, bound = Progress(show), Bandwidth(order.rate)

    def took(count: int) -> None:
        progress.took(count)
        bound.take(count)

    below = order.below.strip("/")
    ours, server = sides.ours(order.ours, order.login, took, "" if order.outward else below)
    theirs, servers = _theirs(order, took, below if order.outward else "")
    servers = [server, *servers]
    progress.waiting = lambda: max(one.pace.left for one in servers)
    for one in servers:
        one.pace.ended = lambda: progress.stopped
    pair = (ours, theirs) if order.outward else (theirs, ours)
    record = journal.Journal(journal.place(pair[0].name, pair[1].name))
    try:
        return copy(pair, wanted, record, progress)
    finally:
        record.close()
        for one in servers:
            one.close()


def _theirs(
    order: Order, took: Callable[[int], None], below: str
) -> tuple[Registry | Layout, list[Server]]:
    """Return the other side, and its server if it has one."""
    scheme, place, _ = order.address
    if scheme == "oci":
        return Layout(Path(place), below=below, took=took), []
    found, server = sides.remote(
        order.address, order.remote_login, order.remote_ca, took, below=below
    )
    return found, [server]
