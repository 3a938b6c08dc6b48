"""The proxy: testing a staged configuration, and taking it up without refusing a request."""

from __future__ import annotations

import time

from ansible_collections.holdfast.registry.plugins.module_utils import names, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

USER = "holdfast-proxy"
RELOADED = ("proxy/nginx.conf", "proxy/headers.conf")
TAKE_UP_SECONDS = 10.0


def test(path: str) -> None:
    """Let nginx test a staged configuration as it lies, as the user that will run it.

    As root it would leave files behind that the proxy could not open.
    """
    bind = "+net_bind_service"
    as_user = ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups"]
    argv = [*as_user, "--inh-caps", bind, "--ambient-caps", bind]
    # The test opens the log, and makes it when there is none: with the mode of the unit's UMask.
    nginx = ["nginx", "-e", "stderr", "-t", "-q", "-c", f"{path}/proxy/nginx.conf"]
    done = systemd.run([*argv, *nginx], umask=0o027)
    if done.returncode != 0:
        raise StepError("nginx refuses the staged configuration", systemd.tail(done.stdout))


def take_up(changed: set[str], reread: bool) -> str:
    """Let the proxy serve the current generation; return what was needed for it.

    `changed` are the paths that differ from the generation that was served before; `reread` tells
    whether certificates changed that are not read at each handshake: those of clients' authority,
    and the server's own when OCSP answers are shown with it.
    Raises StepError when the proxy does not come up.
    """
    up = systemd.states("holdfast-proxy.*")
    listens = up.get(names.PORTS) == "active" and f"systemd/{names.PORTS}" not in changed
    if not listens or up.get(names.PROXY) != "active":
        # systemd can change the ports only while nothing listens.
        units = (names.PROXY,) if listens else (names.PROXY, names.PORTS)
        systemd.systemctl("stop", *units)
        systemd.systemctl("start", *reversed(units))
        return "proxy started"
    if f"systemd/{names.PROXY}" in changed:
        systemd.systemctl("restart", names.PROXY)
        return "proxy restarted"
    if reread or changed.intersection(RELOADED):
        reload()
        return "proxy reloaded"
    return "proxy untouched"


def reload() -> None:
    """Reload, and wait until new workers serve: the signal alone says nothing."""
    before = _workers()
    systemd.systemctl("reload", names.PROXY)
    deadline = time.monotonic() + TAKE_UP_SECONDS
    while time.monotonic() < deadline:
        serving = _workers()
        if serving and not serving & before:
            return
        time.sleep(0.02)
    raise StepError("the proxy did not take up its configuration", systemd.journal(names.PROXY))


def _workers() -> set[int]:
    """Return the processes of the proxy that accept connections."""
    main = systemd.show(names.PROXY, "MainPID").get("MainPID", "0")
    try:
        with open(f"/proc/{main}/task/{main}/children", encoding="ascii") as stream:
            children = stream.read().split()
    except OSError:
        return set()
    return {int(pid) for pid in children if b"worker process\0" in _title(pid) + b"\0"}


def _title(pid: str) -> bytes:
    """Return the title of a process: a worker that drains adds "is shutting down" to it."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            return stream.read().rstrip(b"\0 ")
    except OSError:
        return b""
