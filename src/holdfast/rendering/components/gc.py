"""Garbage collection: a job that moves what no manifest needs to the trash, and empties that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.durations import seconds
from holdfast.rendering import push_rules, storage_config
from holdfast.rendering.component import Component, Job, Source
from holdfast.rendering.gated import behind_gate, gated
from holdfast.rendering.layout import Layout
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cleanup import GcPlan


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component; None if manifests do not pass a gate, which the job needs."""
    if not behind_gate(settings):
        return None
    plan: GcPlan = {
        "storage": storage_config.facts(settings),
        "grace_seconds": seconds(settings.gc.grace),
        "undo_seconds": seconds(settings.gc.undo),
        "references": f"{layout.state}/references",
        "metrics": settings.metrics.directory,
        "records": layout.job_records,
        "quotas": push_rules.quotas(settings),
    }
    job = Job("gc", "jobs.gc", settings.gc.schedule)
    return Component(
        "gc",
        files={"agent/gc.json": Source()},
        variables={"gc_plan": plan, "images": gated(settings)},
        jobs=(job,),
    )
