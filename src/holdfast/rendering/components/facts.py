"""Figures of the host: requests counted in the access log, jobs, and one address to scrape."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdfast import __version__
from holdfast.rendering.accounts import FACTS_USER, PROXY_USER, SOCKET_GROUP
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


def component(settings: Settings, layout: Layout, others: Sequence[Component]) -> Component | None:
    """Return the component; None if nobody scrapes. It measures the jobs of the others."""
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
            "facts_plan": _plan(settings, layout, others),
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


def _plan(settings: Settings, layout: Layout, others: Sequence[Component]) -> FactsPlan:
    token = settings.auth.token
    return {
        "log": f"{layout.logs}/access.log",
        "metrics": settings.metrics.directory,
        "records": layout.job_records,
        "late": {job.name: job.late_after for one in others for job in one.jobs if job.schedule},
        "info": {
            "version": __version__,
            "registry": settings.version,
            "auth_mode": settings.auth.mode,
            "storage": settings.storage.driver,
        },
        "certificate_warn_seconds": settings.tls.warn_days * 86400.0,
        "robots": {one.name: one.until for one in token.robots} if token else {},
        "token": settings.metrics.token is not None,
    }


def _process(program: tuple[str, ...], found: MetricsEndpoint) -> Process:
    return Process("facts", ("{python}", "-I", "-B", *program, found.metrics), {}, METRICS)
