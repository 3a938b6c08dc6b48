"""Scrub: a job that proves the images' content by its digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.durations import seconds
from holdfast.rendering.component import Component, Directory, Job, Source
from holdfast.rendering.gated import gated
from holdfast.rendering.layout import Layout
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import ScrubPlan


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component; None if manifests do not pass a gate, which moves damaged blobs."""
    images = gated(settings)
    if not images:
        return None
    plan: ScrubPlan = {
        "directory": images,
        "within_seconds": seconds(settings.scrub.within),
        "rate": settings.scrub.rate,
        "proofs": layout.proofs,
        "after_crash": settings.scrub.after_crash,
        "references": f"{layout.state}/references",
        "control": f"{layout.gate_run}/control.sock",
        "metrics": settings.metrics.directory,
        "records": layout.job_records,
    }
    if settings.backup.target:
        plan["backup"] = True
    job = Job("scrub", "jobs.scrub", settings.scrub.schedule)
    return Component(
        "scrub",
        files={"agent/scrub.json": Source()},
        variables={"scrub_plan": plan, "images": images},
        jobs=(job,),
        directories=(Directory(layout.proofs, 0o755),),
    )
