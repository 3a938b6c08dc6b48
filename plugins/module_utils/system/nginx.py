"""Test a staged proxy configuration, and apply it without refusing a request."""

from __future__ import annotations

import time

from ansible_collections.holdfast.registry.plugins.module_utils.system import paths, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

USER = "holdfast-proxy"
RELOADED = ("proxy/nginx.conf", "proxy/headers.conf")
RELOAD_SECONDS = 10.0


def test(path: str) -> None:
    """Test a staged configuration in place, as the user that will run it.

    A test as root would leave files that the proxy could not open.
    """
    bind = "+net_bind_service"
    as_user = ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups"]
    argv = [*as_user, "--inh-caps", bind, "--ambient-caps", bind]
    # The test opens the log, and makes it when there is none: with the mode of the unit's UMask.
    nginx = ["nginx", "-e", "stderr", "-t", "-q", "-c", f"{path}/proxy/nginx.conf"]
    done = systemd.run([*argv, *nginx], umask=0o027)
    if done.returncode != 0:
        raise StepError("nginx refuses the staged configuration", systemd.tail(done.stdout))


def apply(changed: set[str], reread: bool) -> str:
    """Apply the current generation to the proxy; return what was necessary.

    `changed` are the paths that differ from the previous generation. `reread` is true if
    certificates changed that are not read at each handshake: the authority of clients, and the
    server's own if OCSP answers are stapled to it. Raises StepError if the proxy does not start.
    """
    up = systemd.states("holdfast-proxy.*")
    listens = up.get(paths.PORTS) == "active" and f"systemd/{paths.PORTS}" not in changed
    if not listens or up.get(paths.PROXY) != "active":
        # systemd can change the ports only while nothing listens.
        units = (paths.PROXY,) if listens else (paths.PROXY, paths.PORTS)
        systemd.systemctl("stop", *units)
        systemd.systemctl("start", *reversed(units))
        return "proxy started"
    if f"systemd/{paths.PROXY}" in changed:
        systemd.systemctl("restart", paths.PROXY)
        return "proxy restarted"
    if reread or changed.intersection(RELOADED):
        reload()
        return "proxy reloaded"
    return "proxy untouched"


def reload() -> None:
    """Reload, and wait until new workers serve, because the signal alone proves nothing."""
    before = _workers()
    systemd.systemctl("reload", paths.PROXY)
    deadline = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < deadline:
        serving = _workers()
        if serving and not serving & before:
            return
        time.sleep(0.02)
    raise StepError("the proxy did not load its new configuration", systemd.journal(paths.PROXY))


def _workers() -> set[int]:
    """Return the processes of the proxy that accept connections."""
    main = systemd.show(paths.PROXY, "MainPID").get("MainPID", "0")
    try:
        with open(f"/proc/{main}/task/{main}/children", encoding="ascii") as stream:
            children = stream.read().split()
    except OSError:
        return set()
    return {int(pid) for pid in children if b"worker process\0" in _title(pid) + b"\0"}


def _title(pid: str) -> bytes:
    """Return the title of a process; nginx adds "is shutting down" for a worker that drains."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            return stream.read().rstrip(b"\0 ")
    except OSError:
        return b""
