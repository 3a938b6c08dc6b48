"""Paths of a generation and its state: on a host, or in the scratch directory of a preview."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Absolute directories. Every path in a template comes from here or from the settings."""

    etc: str = "/etc/holdfast"
    """Generations, the link to the current one, and certificates."""
    opt: str = "/opt/holdfast"
    """Binaries by version."""
    run: str = "/run/holdfast"
    """Sockets: a directory for each service, with one socket for each generation."""
    proxy_run: str = "/run/holdfast-proxy"
    """The proxy's socket, pid file and cached logins; in memory, and accessible to it alone."""
    cache: str = "/var/cache/holdfast-proxy"
    """Temporary files of the proxy."""
    logs: str = "/var/log/holdfast"
    """The access log."""
    issuer_logs: str = "/var/log/holdfast-issuer"
    """The audit log of logins and tokens."""
    state: str = "/var/lib/holdfast"
    """State of the host: the ACME account, metrics, results of the last checks."""

    gate_run: str = "/run/holdfast-gate"
    """Sockets of the gate: `manifests.sock` for the proxy, `control.sock` for root alone."""
    cache_run: str = "/run/holdfast-cache"
    """Socket of the host's own cache; accessible only to the registry."""
    cache_state: str = "/var/lib/holdfast/cache"
    """Users of the host's own cache, with password hashes that the host generated."""

    facts_run: str = "/run/holdfast-facts"
    """Sockets between the proxy and the figures: `metrics.sock`, `health.sock`."""

    index_run: str = "/run/holdfast-index"
    """Socket of the index, for root alone."""

    @property
    def index_state(self) -> str:
        """Directory of the index."""
        return f"{self.state}/index"

    @property
    def facts_state(self) -> str:
        """Directory of the counters, and of the place in the access log."""
        return f"{self.state}/facts"

    @property
    def job_records(self) -> str:
        """Directory with the record of the last run of each job."""
        return f"{self.state}/jobs"

    @property
    def proofs(self) -> str:
        """Directory with the times at which blobs were proven."""
        return f"{self.state}/scrub"

    @property
    def backup_state(self) -> str:
        """Directory with the list of links that the last backup saved."""
        return f"{self.state}/backup"

    @property
    def gate_state(self) -> str:
        """Directory with the record of pushes."""
        return f"{self.state}/gate"

    @property
    def current(self) -> str:
        """Link to the serving generation."""
        return f"{self.etc}/current"

    @property
    def run_program(self) -> str:
        """Path of what runs a host program of the current generation, by its module's name."""
        return f"{self.current}/agent/run.py"

    @property
    def verifiers(self) -> str:
        """Directory of temporary users of verifications: a file each, written by root."""
        return f"{self.run}/verifiers"

    @property
    def trust(self) -> str:
        """Directory with the keys of accepted tokens, as the registry sees it in its namespace."""
        return f"{self.etc}/trust"

    @property
    def empty(self) -> str:
        """Empty directory that is the root of the registry's file system."""
        return f"{self.opt}/empty"


HOST = Layout()
