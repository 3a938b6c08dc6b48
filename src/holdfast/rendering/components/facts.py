"""Figures of the host: requests counted in the access log, jobs, and one address to scrape."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from holdfast import __version__, durations
from holdfast.rendering.accounts import FACTS_USER, PROXY_USER, SOCKET_GROUP
from holdfast.rendering.calendars import longest_gap
from holdfast.rendering.component import (
    LIBRARY,
    RUN,
    Account,
    Component,
    Directory,
    Process,
    Source,
    Unit,
)
from holdfast.rendering.components import backup, certificates, disk_space, gc, retention, scrub
from holdfast.rendering.layout import Layout
from holdfast.rendering.metrics_endpoint import METRICS, MetricsEndpoint, endpoint
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.figures import (
        FactsPlan,
    )

UNIT, SOCKET = "holdfast-facts.service", "holdfast-facts.socket"
MODULE = "facts.service"
PLAN, TOKEN = "facts/plan.json", "facts/token.sha256"
LATE = 1.5
"""Times its longest gap after which a job is late."""


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component; None if nobody scrapes."""
    found = endpoint(settings, layout)
    if found is None:
        return None
    state = f"{layout.facts_state}/figures.json"
    program = (layout.run_program, MODULE, layout.current, state, found.health)
    token = settings.metrics.token
    digest = hashlib.sha256(token.get_secret_value().encode()).hexdigest() if token else ""
    return Component(
        "facts",
        files={
            PLAN: Source(),
            TOKEN: Source(0o440, FACTS_USER, sensitive=True),
            f"systemd/{UNIT}": Source(),
            f"systemd/{SOCKET}": Source(),
        },
        variables={
            "facts_plan": _plan(settings, layout),
            "facts_program": program,
            "token_digest": digest,
            "endpoint": found,
        },
        units=(
            Unit(SOCKET, started=True, active=True),
            Unit(
                UNIT,
                started=True,
                active=True,
                restarted_by=(PLAN, TOKEN, f"systemd/{UNIT}", LIBRARY, RUN),
            ),
        ),
        programs=(MODULE,),
        processes=(_process(program, found),),
        # The access log is the proxy's, and a generation is read by the sockets' group.
        accounts=(Account(FACTS_USER, "Container registry's figures", (SOCKET_GROUP, PROXY_USER)),),
        directories=(
            # The test of a configuration binds its sockets as the proxy's user, who must not
            # replace those of systemd.
            Directory(layout.facts_run, 0o1770, "root", PROXY_USER),
            Directory(layout.facts_state, 0o700, FACTS_USER, FACTS_USER),
        ),
    )


def _plan(settings: Settings, layout: Layout) -> FactsPlan:
    token = settings.auth.token
    return {
        "log": f"{layout.logs}/access.log",
        "metrics": settings.metrics.directory,
        "records": layout.job_records,
        "late": late(settings, layout),
        "info": {
            "version": __version__,
            "registry": settings.version,
            "auth_mode": settings.auth.mode,
            "storage": settings.storage.driver,
        },
        "robots": {one.name: one.until for one in token.robots} if token else {},
        "token": settings.metrics.token is not None,
    }


def late(settings: Settings, layout: Layout) -> dict[str, float]:
    """Return the age of a success, in seconds, from which a job is late, by job with a timer."""
    schedules = {
        "backup": settings.backup.schedule,
        "drill": settings.backup.drill_schedule,
        "gc": settings.gc.schedule,
        "retention": settings.retention_schedule,
        "scrub": settings.scrub.schedule,
    }
    within = float(durations.seconds(settings.backup.within))
    makers = (backup, certificates, disk_space, gc, retention, scrub)
    made = (one.component(settings, layout) for one in makers)
    jobs = [job.name for one in made if one for job in one.jobs if job.timed]
    # The certificates are looked at twice a day, and the disk every five minutes.
    gaps = {name: LATE * longest_gap(schedules.get(name, "daily")) for name in jobs}
    return {name: max(gap, within) if name in _SAVED else gap for name, gap in gaps.items()}


_SAVED = ("backup", "drill")
"""Jobs of which a setting says how old they may be."""


def _process(program: tuple[str, ...], found: MetricsEndpoint) -> Process:
    return Process("facts", ("{python}", "-I", "-B", *program, found.metrics), {}, METRICS)
