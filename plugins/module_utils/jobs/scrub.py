"""Prove the blobs of a host's store, as a job: `python3 -m ...jobs.scrub GENERATION`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Memory
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import (
    Control,
    explained,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.scrub import links
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.crash import (
    request_after_crash,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.messages import sentence
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.missing import missing
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.needing import needing
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import Proofs, Totals
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.reading import Pace
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.scrubbing import Found, Scrub
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import (
    Job,
    Outcome,
    gauge,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.metrics import Gauge

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobRecord
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import (
        DamagedBlob,
        ScrubFigures,
        ScrubPlan,
    )

LOCK = "/run/holdfast-scrub.lock"
"""Lock of its own: a deploy does not wait for a scrub, which may take hours."""
SECONDS = 23 * 3600.0
WORK_SECONDS = 20 * 3600.0
"""Time after which a run leaves the rest to the next one."""
MOST_ODD = 20
"""Odd links in the figures."""
MOST_COUNTED = 1000


def work(plan: ScrubPlan, flush: Callable[[], object], say: Callable[[str], None]) -> Outcome:
    """Return the outcome of one run. Raises StepError."""
    store, proofs = Directory(plan["directory"]), Proofs(plan["proofs"])
    if plan["after_crash"] and request_after_crash(proofs, plan["directory"]):
        say("the file system was repaired at boot: all blobs are proven")
    last = job_of(plan).last
    control, pace = Control(plan["control"]), Pace(plan["rate"])
    until = time.monotonic() + WORK_SECONDS
    scrub = Scrub(store, proofs, control, pace, plan["within_seconds"], flush, until, say)
    with explained("scrub"):
        found = scrub.run(last["good"] if last else 0.0)
    control.close()
    found.odd += islice(links.odd(store), MOST_COUNTED)
    return _outcome(plan, store, _totals(plan, store, proofs), found, last)


def job_of(plan: ScrubPlan) -> Job:
    """Return the job, with the places of its results."""
    return Job("scrub", plan["metrics"], plan["records"])


def _totals(plan: ScrubPlan, store: Directory, proofs: Proofs) -> Totals:
    totals = Totals(time.time() - plan["within_seconds"])
    for _ in totals.counted(proofs.listed(store.root)):
        pass
    return totals


def _outcome(
    plan: ScrubPlan, store: Directory, totals: Totals, found: Found, last: JobRecord | None
) -> Outcome:
    known = {**dict.fromkeys(missing(store, last), True), **found.damaged}
    images = needing(store, Memory(plan["references"]), known) if known else {}
    damaged: list[DamagedBlob] = [
        {"digest": digest, "aside": aside, "images": images[digest]}
        for digest, aside in sorted(known.items())
        if images[digest] or digest in found.damaged
    ]
    figures: ScrubFigures = {
        "blobs": totals.blobs,
        "bytes": totals.bytes,
        "proven": found.proven,
        "proven_bytes": found.proven_bytes,
        "oldest": totals.oldest,
        "overdue": totals.overdue,
        "damaged": damaged,
        "odd": found.odd[:MOST_ODD],
    }
    line = f"proved {found.proven} of {totals.blobs} blobs, {found.proven_bytes} bytes"
    backup = plan.get("backup", False)
    problems = (*(sentence(one, backup) for one in damaged), *found.odd)
    return Outcome(figures, (line,), problems, tuple(gauges(figures, len(found.odd))))


def gauges(figures: ScrubFigures, odd: int) -> Iterator[Gauge]:
    """Yield the metrics of a scrub, which found so many odd links."""
    yield gauge("scrub_blobs", "Blobs of the store.", figures["blobs"])
    yield gauge("scrub_overdue_blobs", "Blobs that were not proven in time.", figures["overdue"])
    yield gauge("scrub_proven_bytes", "Bytes that the last scrub proved.", figures["proven_bytes"])
    text = "Time of the oldest proof of a blob."
    yield gauge("scrub_oldest_proof_seconds", text, figures["oldest"])
    text = "Damaged blobs that no push has brought again."
    yield gauge("scrub_damaged_blobs", text, len(figures["damaged"]))
    yield gauge("scrub_odd_links", "Links and files that are not as they should be.", odd)


def _flush() -> None:
    with files.locked(paths.LOCK):
        deploy.flush_alone()


def main(generation: str) -> int:
    """Run once; return 1 if it failed or found damage."""
    plan: ScrubPlan = files.read_json(os.path.join(generation, "agent", "scrub.json"))
    return job_of(plan).main(lambda: work(plan, _flush, print), seconds=SECONDS, lock=LOCK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
