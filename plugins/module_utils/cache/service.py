"""Manage the registry's own cache: logins, activation with a generation, flush.

One unit serves all generations, so that a deploy keeps the cached entries. The passwords are
created on the host. The generation defines the rights of each login.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.cache import external, resp
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cache import Cache

SOCKET = "/run/holdfast-cache/cache.sock"
SECRETS = f"{paths.ETC}/secrets"
LOGIN, VARIABLE = "cache.env", "REGISTRY_REDIS_PASSWORD="
"""File with the registry's password, as systemd reads it, and the variable in it."""
KEEPER = "cache-holdfast"
"""File with the password of the user `holdfast`, which administers the cache."""
GROUP = "holdfast-cache"
USERS = "/var/lib/holdfast/cache/users.acl"
"""File that the server reads: the users of the generation, with hashes of the passwords."""
RESTARTED = ("cache/cache.conf", "systemd/holdfast-cache.service")
SECONDS = 10.0


def make_logins() -> None:
    """Create the passwords, once in the life of a host."""
    for name, form in ((LOGIN, VARIABLE + "{}\n"), (KEEPER, "{}")):
        path = os.path.join(SECRETS, name)
        if not os.path.exists(path):
            import secrets  # noqa: PLC0415 -- not needed when nothing changed

            files.replace(path, form.format(secrets.token_hex(32)).encode(), 0o600)


def users(template: str) -> str:
    """Return a generation's user file with hashes of the host's passwords."""
    passwords = {"registry": registry_password(), "holdfast": _read(KEEPER)}
    hashes = {
        name: "#" + hashlib.sha256(password.encode()).hexdigest()
        for name, password in passwords.items()
    }
    return template.format(**hashes)


def apply(generation: str, changed: set[str], *, afresh: bool) -> str:
    """Apply a generation's cache configuration; return what was done, empty if nothing.

    `changed` are the paths that differ from the previous generation. With `afresh` the cached
    entries are dropped, because the storage is another one. Raises StepError if the cache does not
    answer.
    """
    if not has_own(generation):
        return ""
    with open(f"{generation}/cache/users.acl", encoding="utf-8") as stream:
        wanted = users(stream.read())
    same = os.path.exists(USERS) and _read(USERS) == wanted
    if not same:
        files.replace(USERS, wanted.encode(), 0o640, group=GROUP)
    active = systemd.states(paths.CACHE).get(paths.CACHE) == "active"
    kept = active and same and not afresh and not changed.intersection(RESTARTED)
    if kept and not problem():
        return ""
    systemd.run(["systemctl", "reset-failed", paths.CACHE])
    systemd.systemctl("restart", paths.CACHE)
    _await()
    return "cache restarted" if active else "cache started"


def put_away(generation: str) -> None:
    """Stop our own cache if a generation has none, because its entries would become stale."""
    if not has_own(generation) and paths.CACHE in systemd.states(paths.CACHE):
        systemd.run(["systemctl", "stop", paths.CACHE])


def has_own(generation: str) -> bool:
    """Return True if a generation has our own cache."""
    return os.path.exists(f"{generation}/cache/cache.conf")


def flush(expect: Cache, generation: str) -> int:
    """Empty a cache that is a server; return the number of removed entries. Raises StepError.

    `expect` is the cache section of the serving generation's manifest. Call it whenever the storage
    was changed without the registry: the registry would take removed blobs as present.
    """
    own = expect["mode"] == "local"
    try:
        if not own:
            return external.flush(expect, generation)
        with keeper() as server:
            count = int(server.ask("DBSIZE"))
            server.ask("FLUSHALL", "SYNC")
            return count
    except resp.CacheError as error:
        lines = systemd.journal(paths.CACHE, 5) if own else []
        raise StepError(f"cache: {error}{_todo(str(error))}", lines) from error


def _todo(problem: str) -> str:
    """Return what to do if the registry's login may not empty a server."""
    if "NOPERM" not in problem and "no permissions" not in problem:
        return ""
    keys = " and ".join(f"'{pattern}'" for pattern in external.PATTERNS)
    return f". Give the login +scan there, or remove the keys {keys} yourself"


def keeper() -> resp.Server:
    """Return a connection that logs in as the administrator of our own cache."""
    return _Keeper(SOCKET)


def problem() -> str:
    """Return the problem of our own cache, as its administrator sees it; "" if it answers."""
    try:
        with keeper() as server:
            server.ask("PING")
    except (resp.CacheError, OSError) as error:
        return str(error) or type(error).__name__
    return ""


def registry_password() -> str:
    """Return the registry's password for the cache."""
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
    deadline = time.monotonic() + SECONDS
    while found := problem():
        if time.monotonic() > deadline:
            raise StepError(f"the cache does not answer: {found}", systemd.journal(paths.CACHE))
        time.sleep(0.02)
