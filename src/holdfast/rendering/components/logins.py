"""The password check: an nginx for each generation; only it can read the hashes."""

from __future__ import annotations

from holdfast.rendering import passwords, storage_config
from holdfast.rendering.accounts import LOGINS_USER, SOCKET_GROUP
from holdfast.rendering.component import Account, Component, Directory, Process, Service, Source
from holdfast.rendering.layout import Layout
from holdfast.rendering.login_challenge import logins
from holdfast.rendering.sites import sites
from holdfast.settings import Settings


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component of the password check; None if the proxy checks no passwords."""
    if settings.auth.htpasswd is None:
        return None
    run = f"{layout.run}/logins"
    # Guessing gets what the others leave of the processor, as in the unit.
    argv = ("nice", "-n", "10", "{nginx}", "-e", "stderr")
    conf = ("-c", f"{layout.current}/logins/nginx.conf", "-p", run)
    return Component(
        "logins",
        files={
            "logins/nginx.conf": Source(0o440, LOGINS_USER),
            "logins/htpasswd": Source(0o440, LOGINS_USER, sensitive=True),
            "systemd/holdfast-logins@.service": Source(),
        },
        variables={
            **logins(settings),
            "htpasswd": passwords.entries(settings),
            "mirror_paths": sorted(
                {one.path for site in sites(settings) for one in site.routes if one.read_only}
                - {"/v2/"}
            ),
            "images": storage_config.directory(settings),
        },
        services=(Service("logins", "/", 403),),
        # nginx takes the name of its socket from its configuration, relative to its folder.
        processes=(Process("logins", (*argv, *conf), socket="socket"),),
        accounts=(Account(LOGINS_USER, "Container registry's logins"),),
        directories=(
            Directory(run, 0o750, LOGINS_USER, SOCKET_GROUP),
            Directory(layout.verifiers, 0o755, "root", "root"),
        ),
    )
