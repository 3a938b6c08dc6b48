"""Write docs/metrics.md from what the jobs of a host write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.certificates.metrics import (
    HELP as CERTIFICATES,
)
from ansible_collections.holdfast.registry.plugins.module_utils.facts import (
    counters,
    figures,
    tasks,
)
from ansible_collections.holdfast.registry.plugins.module_utils.facts.counters import DURATION
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import (
    backup,
    drill,
    gc,
    retention,
    scrub,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import disk_space
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import times

from holdfast.schema.role import NOTE

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupFigures,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import QuotaUsed
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import (
        ScrubFigures,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.system.metrics import Gauge

NAME = "NAME"
QUOTA: QuotaUsed = {
    "rule": "",
    "repositories": [],
    "bytes": 0,
    "most_bytes": 0,
    "tags": 0,
    "most_tags": 0,
}
BACKUP: BackupFigures = {
    "snapshot": "",
    "repositories": 0,
    "tags": 0,
    "manifests": 0,
    "blobs": 0,
    "bytes": 0,
    "added": 0,
    "passes": 0,
    "dangling": [],
    "broken": [],
    "removed": 0,
    "elsewhere": "",
}
SCRUB: ScrubFigures = {
    "blobs": 0,
    "bytes": 0,
    "proven": 0,
    "proven_bytes": 0,
    "oldest": 0.0,
    "overdue": 0,
    "damaged": [],
    "odd": [],
}
INTRO = f"""# Metrics

<!-- {NOTE.replace("settings' schema", "jobs' metrics")} -->

A host writes its metrics as files of text to `registry_metrics_directory`. The textfile collector
of Prometheus's node exporter reads them (`--collector.textfile.directory`). With
`registry_metrics_listen`, the host also serves them itself, together with those of the last four
tables: [monitoring](monitoring.md). All of them are gauges, unless their name ends with `_total`
(counters) or their meaning says otherwise. A time is in seconds since 1970.
"""
HEAD = "\n| Metric | Labels | Meaning |\n|---|---|---|\n"
ALARMS = """
## Alarms

`holdfast metrics rules` prints rules for Prometheus, which read what is served:
[alerts](alerts.md).
With the files alone, a rule for jobs is `holdfast_gc_failed == 1`, and one for each other job.

[Jobs](jobs.md) says what each job does, and when.
"""


def metrics_page() -> str:
    """Return the page as Markdown."""
    sections = (
        ("Every job", ((one.name, "", one.help) for one in times(NAME, 0.0, 0.0, failed=False))),
        ("Certificates", _certificates()),
        (
            "Disk space",
            (
                (f"holdfast_storage_{key}", "directory", said)
                for key, said in disk_space.HELP.items()
            ),
        ),
        ("Clean-up", _rows(gc.gauges(dict.fromkeys(gc.FIGURES, 0), 0))),
        ("Quotas", _rows(gc.quota_gauges([QUOTA]))),
        ("Retention", _rows(retention.gauges(0, 0))),
        ("Scrub", _rows(scrub.gauges(SCRUB, 0))),
        ("Backup", _rows(backup.gauges(BACKUP))),
        ("Drill", _rows([drill.proven(0.0), drill.restored(0)])),
        ("Served: the host", _named(figures.HELP, figures.LABELS)),
        ("Served: jobs", _named(tasks.HELP, dict.fromkeys(tasks.HELP, ("task",)))),
        ("Served: requests", _counted()),
        ("Served: durations", [(DURATION[0], "route", f"Histogram. {DURATION[1]}")]),
    )
    parts = [f"\n## {title}\n{HEAD}{''.join(map(_line, rows))}" for title, rows in sections]
    return "".join([INTRO, *parts, ALARMS])


def _certificates() -> Iterator[tuple[str, str, str]]:
    for key, said in CERTIFICATES.items():
        yield f"holdfast_{key}", "file" if "not_after" in key else "", said


def _named(
    meanings: Mapping[str, str], labels: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str, str]]:
    for key, said in meanings.items():
        yield f"holdfast_{key}", ", ".join(labels.get(key, ())), said


def _counted() -> Iterator[tuple[str, str, str]]:
    for key, said in counters.HELP.items():
        yield f"holdfast_{key}_total", ", ".join(counters.LABELS[key]), said


def _rows(gauges: Iterable[Gauge]) -> Iterator[tuple[str, str, str]]:
    for one in gauges:
        yield one.name, ", ".join(one.samples[0][0]), one.help


def _line(row: tuple[str, str, str]) -> str:
    name, labels, text = row
    marked = ", ".join(f"`{label}`" for label in filter(None, labels.split(", ")))
    return f"| `{name}` | {marked} | {text} |\n"
