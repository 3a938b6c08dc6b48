"""Verbs for jobs and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.report import job_states, logs

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import LogsOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def states(_: Request) -> Any:
    """Return the state of each job."""
    return job_states.states()


def start(request: Request) -> Any:
    """Start a job."""
    order: JobOrder = request.order
    return job_states.start(order)


def look(request: Request) -> Any:
    """Return the state of one job."""
    order: JobOrder = request.order
    return job_states.state(order["name"])


def log_lines(request: Request) -> Any:
    """Return lines of the logs."""
    order: LogsOrder = request.order
    return logs.read(order)
