"""The cache of the registry: who may log in, taking it up with a generation, emptying it.

Our own server is one unit for all generations, so that a deploy finds it warm. Its logins are
made on the host; what each may do stands in the generation.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import files, names, resp, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

SOCKET = "/run/holdfast-cache/cache.sock"
SECRETS = f"{names.ETC}/secrets"
LOGIN, VARIABLE = "cache.env", "REGISTRY_REDIS_PASSWORD="
"""File with the registry's own password, as systemd reads it, and the variable in it."""
KEEPER = "cache-holdfast"
"""File with the password of the user `holdfast`, who looks after the cache."""
GROUP = "holdfast-cache"
USERS = "/var/lib/holdfast/cache/users.acl"
"""What the server reads: the users of the generation, with hashes of the passwords."""
RESTARTED = ("cache/cache.conf", "systemd/holdfast-cache.service")
SECONDS = 10.0


def make_logins() -> None:
    """Make the passwords, once in the life of a host."""
    for name, form in ((LOGIN, VARIABLE + "{}\n"), (KEEPER, "{}")):
        path = os.path.join(SECRETS, name)
        if not os.path.exists(path):
            import secrets  # noqa: PLC0415 -- the gate, which runs each time, needs none

            files.replace(path, form.format(secrets.token_hex(32)).encode(), 0o600)


def users(template: str) -> str:
    """Return the users of a generation with the hashes of the host's passwords."""
    passwords = {"registry": registry_password(), "holdfast": _read(KEEPER)}
    hashes = {
        name: "#" + hashlib.sha256(password.encode()).hexdigest()
        for name, password in passwords.items()
    }
    return template.format(**hashes)


def take_up(generation: str, changed: set[str], *, afresh: bool) -> str:
    """Let our own cache be that of a generation; return what was done, empty: nothing.

    `changed` are the paths that differ from the generation before; `afresh` tells whether what it
    remembers is of no use, because the storage is another one. Raises StepError when it does not
    answer.
    """
    if not has_own(generation):
        return ""
    with open(f"{generation}/cache/users.acl", encoding="utf-8") as stream:
        wanted = users(stream.read())
    same = os.path.exists(USERS) and _read(USERS) == wanted
    if not same:
        files.replace(USERS, wanted.encode(), 0o640, group=GROUP)
    active = systemd.states(names.CACHE).get(names.CACHE) == "active"
    if active and same and not afresh and not changed.intersection(RESTARTED):
        return ""
    systemd.run(["systemctl", "reset-failed", names.CACHE])
    systemd.systemctl("restart", names.CACHE)
    _await()
    return "cache restarted" if active else "cache started"


def put_away(generation: str) -> None:
    """Stop our own cache when a generation has none: what it remembers would grow old."""
    if not has_own(generation) and names.CACHE in systemd.states(names.CACHE):
        systemd.run(["systemctl", "stop", names.CACHE])


def has_own(generation: str) -> bool:
    """Tell whether a generation has a cache of our own."""
    return os.path.exists(f"{generation}/cache/cache.conf")


def flush(expect: dict[str, Any] | None) -> int:
    """Empty our own cache; return the number of entries that were in it. Raises StepError.

    `expect` is what the generation that serves says of its cache. To be called whenever the
    storage was changed behind the registry's back: it would take for there what is gone.
    """
    if not expect or expect["mode"] != "local":
        mode = expect["mode"] if expect else "unknown"
        raise StepError(
            f"cache: expected one of our own, found registry_cache_mode: {mode}."
            " Empty an external one yourself; one in memory goes with the next deploy"
        )
    try:
        with keeper() as server:
            count = int(server.ask("DBSIZE"))
            server.ask("FLUSHALL", "SYNC")
            return count
    except resp.CacheError as error:
        raise StepError(f"cache: {error}", systemd.journal(names.CACHE, 5)) from error


def keeper() -> resp.Server:
    """Return a connection of the user that looks after our own cache, which logs in by itself."""
    return _Keeper(SOCKET)


def registry_password() -> str:
    """Return the password of the registry."""
    return _read(LOGIN).partition(VARIABLE)[2].strip()


class _Keeper(resp.Server):
    def __enter__(self) -> resp.Server:
        server = super().__enter__()
        server.login("holdfast", _read(KEEPER))
        return server


def _read(name: str) -> str:
    with open(os.path.join(SECRETS, name), encoding="utf-8") as stream:
        return stream.read()


def _await() -> None:
    deadline, problem = time.monotonic() + SECONDS, ""
    while time.monotonic() < deadline:
        try:
            with keeper() as server:
                server.ask("PING")
            return
        except resp.CacheError as error:
            problem = str(error)
        time.sleep(0.02)
    raise StepError(f"the cache does not answer: {problem}", systemd.journal(names.CACHE))
