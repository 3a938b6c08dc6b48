"""Find the login for a registry in the files of docker and podman; never in arguments.

Sources: containers-auth.json(5); Docker's documentation of config.json and credential helpers.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.errors import InputError

HUB = "https://index.docker.io/v1/"
"""Name of Docker Hub in such files."""


@dataclass(frozen=True)
class Credential:
    """A name with its password, or a token that an issuer exchanges for others."""

    username: str
    password: str = field(repr=False)
    identity: bool = False
    """True if `password` is such a token."""


def files(environment: Mapping[str, str] | None = None) -> list[Path]:
    """Return the files that may have logins, in the order in which podman and docker look."""
    known = os.environ if environment is None else environment
    if given := known.get("REGISTRY_AUTH_FILE"):
        return [Path(given)]
    home = Path(known.get("HOME") or Path.home())
    runtime = known.get("XDG_RUNTIME_DIR")
    config = Path(known.get("XDG_CONFIG_HOME") or home / ".config")
    docker = Path(known.get("DOCKER_CONFIG") or home / ".docker")
    first = [Path(runtime) / "containers/auth.json"] if runtime else []
    return [*first, config / "containers/auth.json", docker / "config.json"]


def find(registry: str, repository: str = "", paths: list[Path] | None = None) -> Credential | None:
    """Return the login for a registry; that of a repository below it comes first."""
    for path in files() if paths is None else paths:
        text = _read(path)
        for name in _names(registry, repository):
            if found := _of(path, text, name):
                return found
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        text = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected JSON with logins. Log in again to write it") from error
    return text if isinstance(text, dict) else {}


def _names(registry: str, repository: str) -> Iterator[str]:
    """Yield the names under which a login can stand, the longest one first."""
    place = f"{registry}/{repository}".rstrip("/")
    while "/" in place:
        yield place
        place = place.rpartition("/")[0]
    yield registry
    yield from (f"https://{registry}", f"https://{registry}/v2/", f"https://{registry}/v1/")
    if registry == "docker.io":
        yield from (HUB, "index.docker.io", "registry-1.docker.io")


def _of(path: Path, text: dict[str, Any], name: str) -> Credential | None:
    helper = (text.get("credHelpers") or {}).get(name)
    entry = (text.get("auths") or {}).get(name)
    if helper or (text.get("credsStore") and entry is not None):
        return _helped(helper or text["credsStore"], name)
    return _decoded(path, name, entry) if entry else None


def _decoded(path: Path, name: str, entry: dict[str, Any]) -> Credential | None:
    if entry.get("identitytoken"):
        return Credential("<token>", str(entry["identitytoken"]), identity=True)
    if not entry.get("auth"):
        return None
    try:
        user, colon, password = base64.b64decode(entry["auth"]).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {name}: expected a login in base64. Log in again") from error
    return Credential(user, password) if colon else None


def _helped(helper: str, name: str) -> Credential | None:
    """Return what a helper of docker's knows; None if it knows nothing."""
    if "/" in helper:
        raise InputError(f"credential helper: expected a name, got {helper}")
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"], input=name, capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{program}: expected to answer for {name}. Install it") from error
    if done.returncode:
        return None
    found = json.loads(done.stdout)
    user, secret = str(found["Username"]), str(found["Secret"])
    return Credential(user, secret, identity=user == "<token>")
