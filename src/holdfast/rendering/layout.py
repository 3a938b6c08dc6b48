"""Where a generation and its state lie: on a host, or in the scratch directory of a preview."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Absolute directories; every path in a template comes from here or from the settings."""

    etc: str = "/etc/holdfast"
    """Generations, the link to the current one, and certificates."""
    opt: str = "/opt/holdfast"
    """Binaries by version."""
    run: str = "/run/holdfast"
    """Sockets: a directory for each service, in it one for each generation."""
    proxy_run: str = "/run/holdfast-proxy"
    """The proxy's own socket, pid file and remembered logins; in memory, closed to all others."""
    cache: str = "/var/cache/holdfast-proxy"
    """Temporary files of the proxy."""
    logs: str = "/var/log/holdfast"
    """The access log."""
    issuer_logs: str = "/var/log/holdfast-issuer"
    """The audit log of logins and tokens."""
    state: str = "/var/lib/holdfast"
    """What the host keeps by itself: the ACME account, figures, what the last look found."""

    cache_run: str = "/run/holdfast-cache"
    """Socket of our own cache; closed to all but the registry."""
    cache_state: str = "/var/lib/holdfast/cache"
    """Who may log in to our own cache, with hashes of the host's passwords."""

    @property
    def current(self) -> str:
        """Link to the generation that serves."""
        return f"{self.etc}/current"

    @property
    def trust(self) -> str:
        """Where a registry, in its own world, finds the keys of which it takes tokens."""
        return f"{self.etc}/trust"

    @property
    def empty(self) -> str:
        """Empty directory that is the root of the registry's file system."""
        return f"{self.opt}/empty"


HOST = Layout()
