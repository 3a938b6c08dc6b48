"""Retention: a job that takes tags away by rules, and the verbs for single tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.rendering import storage_config
from holdfast.rendering.component import Component, Job, Source
from holdfast.rendering.gated import behind_gate, gated
from holdfast.rendering.layout import Layout
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        RetentionConfig,
    )


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component; None if manifests do not pass a gate, which the verbs need."""
    if not behind_gate(settings):
        return None
    config: RetentionConfig = {
        "storage": storage_config.facts(settings),
        "rules": [one.rule for one in settings.retention],
        "pushes": f"{layout.gate_state}/pushes.jsonl",
        "log": f"{layout.logs}/access.log",
        "control": f"{layout.gate_run}/control.sock",
        "metrics": settings.metrics.directory,
        "records": layout.job_records,
    }
    job = Job("retention", "jobs.retention", settings.retention_schedule)
    return Component(
        "retention",
        files={"agent/retention.json": Source()},
        variables={"retention_config": config, "images": gated(settings)},
        jobs=(job,) if settings.retention else (),
    )
