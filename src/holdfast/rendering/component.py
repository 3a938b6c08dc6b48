"""Interface of a component: everything that one capability adds to a host, in one place.

`render()`, the preview, a deploy's manifest, its preflight and the verification iterate over
components and know none of them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.rendering.calendars import longest_gap
from holdfast.rendering.tree import File

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        ComponentFacts,
        ServiceExpected,
    )

LIBRARY = "agent/library.json"
"""File of a generation with the host library's modules that its units run."""
RUN = "agent/run.py"
"""File of a generation that runs one of them: `run.py jobs.gc ARGUMENT...`."""

LATE = 1.5
"""Times its longest gap after which a job is late."""


@dataclass(frozen=True)
class Source:
    """Template, permissions and variables of a file. A file that renders to nothing is left out."""

    mode: int = 0o444
    group: str = "root"
    sensitive: bool = False
    """True for a file with a secret: it is never shown, and never readable by others."""
    template: str = ""
    """Path below templates/ without .j2; "": the file's own path."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Variables of this file only, in addition to those of the component."""
    configures: bool = False
    """True for a registry's configuration, which the registry's own parser has to accept."""


@dataclass(frozen=True)
class Account:
    """System user without home and shell, created by systemd-sysusers."""

    name: str
    description: str
    groups: tuple[str, ...] = ()
    """Additional groups of the user."""


@dataclass(frozen=True)
class Directory:
    """A directory that systemd-tmpfiles creates, with owner, group and mode."""

    path: str
    mode: int
    owner: str = "root"
    group: str = "root"
    comment: str = ""


@dataclass(frozen=True)
class Log:
    """A log file that logrotate keeps for a number of days."""

    path: str
    owner: str
    days: int
    reopened_by: str = ""
    """Unit that reopens the file on SIGUSR1; "" if the file is opened for each line."""


@dataclass(frozen=True)
class Unit:
    """A systemd unit that runs once on a host, rendered as `systemd/NAME`."""

    name: str
    started: bool = False
    """True if the unit starts at boot, with holdfast.target."""
    active: bool = False
    """True if the unit has to be active while the generation serves."""
    restarted_by: tuple[str, ...] = ()
    """Files, and folders with a / at the end, of a generation: a running unit is restarted by an
    activation that changes one of them, or its own file."""


@dataclass(frozen=True)
class Job:
    """A host program that a timer runs: `holdfast-NAME.timer` and `.service`."""

    name: str
    module: str
    """Dotted module name below plugins/module_utils; its argument is the generation's directory."""
    schedule: str = ""
    """Calendar event of its timer; "" for a job that only a person starts: it has no timer."""
    within: float = 0.0
    """Seconds that its last success may be old, if a setting says so: it is not late before."""

    @property
    def late_after(self) -> float:
        """Age of the last success, in seconds, from which the job is late."""
        return max(LATE * longest_gap(self.schedule), self.within)

    @property
    def units(self) -> tuple[Unit, ...]:
        """Service and timer of the job."""
        service = Unit(f"holdfast-{self.name}.service")
        timer = Unit(f"holdfast-{self.name}.timer", started=True, active=True)
        return (service, timer) if self.schedule else (service,)


@dataclass(frozen=True)
class Service:
    """A service with one instance for each generation: `holdfast-NAME@GENERATION.service`.

    It listens on `/run/holdfast/NAME/GENERATION.sock`. It is ready when a GET of `path` there
    returns `status` and, with `writes`, when it accepts an upload.
    """

    name: str
    path: str
    status: int
    writes: bool = False
    pools: int = 0
    """Number of consecutive generations with separate keep-alive pools; 0: the proxy keeps none."""
    upstream: str = ""
    """URL without which the service cannot start. A deploy that changes neither its unit nor a file
    of its `folder` does not restart it."""
    folder: str = ""

    @property
    def readiness(self) -> ServiceExpected:
        """Return the parameters by which a host checks that the service is ready."""
        found: ServiceExpected = {
            "path": self.path,
            "status": self.status,
            "writes": self.writes,
        }
        if self.pools:
            found["pools"] = self.pools
        if self.upstream:
            found["upstream"] = self.upstream
        if self.folder:
            found["folder"] = self.folder
        return found


@dataclass(frozen=True)
class Process:
    """A process of the preview, which has no systemd.

    In `argv` and the values of `environment`, {binary}, {nginx} and {python} are replaced by
    programs.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    socket: str = "1.sock"
    """Name of its socket in the run directory of the service with the same name; "" for none."""
    prepare: Callable[[Path], None] | None = None
    """Function that is called with the scratch directory before any process starts."""


def _no_facts() -> ComponentFacts:
    return {}


@dataclass(frozen=True)
class Component:
    """Everything that a capability adds to a host with given settings."""

    name: str
    files: Mapping[str, Source] = field(default_factory=dict)
    """Sources by path in the generation, besides the units of its jobs."""
    ready: Mapping[str, File] = field(default_factory=dict)
    """Files without a template, by path in the generation."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """Variables of its templates, in addition to `settings`, `layout` and the accounts."""
    services: tuple[Service, ...] = ()
    units: tuple[Unit, ...] = ()
    jobs: tuple[Job, ...] = ()
    programs: tuple[str, ...] = ()
    """Modules of the host library that its units run, besides those of its jobs."""
    processes: tuple[Process, ...] = ()
    accounts: tuple[Account, ...] = ()
    directories: tuple[Directory, ...] = ()
    logs: tuple[Log, ...] = ()
    packages: tuple[str, ...] = ()
    """Debian packages that the component needs on the host."""
    ports: tuple[int, ...] = ()
    """TCP ports that have to be free before a deploy, and on which the host listens after it."""
    expect: ComponentFacts = field(default_factory=_no_facts)
    """Facts for the host's checks of itself, by key of the manifest, without secrets."""

    @property
    def sources(self) -> dict[str, Source]:
        """All sources of the component, including the units of its jobs."""
        units = {
            f"systemd/{unit.name}": Source(own={"job": job})
            for job in self.jobs
            for unit in job.units
        }
        return {**units, **self.files}

    @property
    def all_units(self) -> tuple[Unit, ...]:
        """All units of the component, including those of its jobs."""
        return (*self.units, *(unit for job in self.jobs for unit in job.units))


def public(text: str) -> File:
    """Return a file owned by root that everyone may read."""
    return File(text, 0o444, "root", "root", sensitive=False)
