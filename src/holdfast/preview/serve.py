"""Run a preview for a user, until Ctrl-C."""

from __future__ import annotations

import platform
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from holdfast.distribution import default_cache, obtain
from holdfast.errors import InputError
from holdfast.preview.preview import Preview
from holdfast.preview.scratch import MADE_USER
from holdfast.settings import Settings
from holdfast.settings.sections.auth import User


def serve(
    settings: Settings, inventory_directory: Path, port: int | None, say: Callable[[str], None]
) -> None:
    """Run a preview until SIGINT or SIGTERM. `say` prints its address and instructions."""
    binary = _binary(settings, inventory_directory)
    # SIGINT, too: a shell lets what it starts in the background ignore it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with Preview(settings, binary, port) as preview:
        for line in _words(preview):
            say(line)
        try:
            while True:
                time.sleep(0.5)
                preview.check()
        except KeyboardInterrupt:
            say("\nThe preview is gone, and all that was in it.")


def _binary(settings: Settings, inventory_directory: Path) -> Path:
    wanted = settings.distribution.obtained
    if wanted is None:
        found = shutil.which("docker-registry")
        if found is None:
            raise InputError(
                "docker-registry: expected to be installed here, for"
                " registry_distribution_source is package. Run: sudo apt install docker-registry"
            )
        return Path(found)
    machine, cache = platform.machine(), default_cache()
    return obtain(wanted, machine, inventory_directory, cache, lambda _: None).path


def _words(preview: Preview) -> list[str]:
    folder, place = preview.ca_file.parent, preview.settings.authority
    user = preview.settings.probe_user
    logins = user and [
        f"  export SSL_CERT_FILE={preview.ca_file}; crane auth login {place} -u {user.name} -p ...",
        f"  skopeo login --cert-dir {folder} -u {user.name} {place}",
    ]
    return [
        f"{preview.settings.url} serves, from {preview.scratch}",
        *preview.notes,
        f"  login    {_login(preview.settings, user)}",
        f"  trust    {preview.ca_file}",
        "",
        *(logins or [f"  export SSL_CERT_FILE={preview.ca_file}"]),
        f"  skopeo copy --dest-cert-dir {folder} oci:image docker://{place}/team/image:latest",
        "",
        "Ctrl-C ends it.",
    ]


def _login(settings: Settings, user: User | None) -> str:
    if user:
        return f"{user.name}, password {_password(user)}"
    external = settings.auth.external_token
    if external:
        return f"that of {external.realm}"
    return "none is needed"


def _password(user: User) -> str:
    """Return the password of a user created for this preview; a real one is never shown."""
    if user.name != MADE_USER or user.password is None:
        return "as in the inventory"
    return user.password.get_secret_value()
