"""holdfast client"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.cli import client_certificate
from holdfast.cli.options import Common, common
from holdfast.cli.resolved import Resolved, resolve
from holdfast.clients import KINDS, Access, Plan, plan
from holdfast.clients.script import script
from holdfast.clients.texts import SERVERS
from holdfast.errors import Exit, InputError, RefusedError

if TYPE_CHECKING:
    from holdfast.settings import Settings

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
PROGRAMS = {
    "docker": ("docker",),
    "podman": ("podman", "skopeo", "buildah"),
    "containerd": ("containerd", "ctr", "nerdctl"),
    "k3s": ("k3s",),
    "buildkit": ("buildkitd",),
    "system": ("update-ca-certificates",),
}
"""Programs by which each kind of client is detected."""


@click.group("client", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Configure a client machine to trust the registry: print a script, or apply it here.

    \b
    Example: holdfast client docker -i acme | ssh build1 sudo sh
             sudo holdfast client podman -i acme --apply
    """
    if context.invoked_subcommand is None:
        for kind, programs in PROGRAMS.items():
            found = [name for name in programs if shutil.which(name)]
            click.echo(f"{kind:<11} {'found: ' + ', '.join(found) if found else ''}".rstrip())
        click.echo("Instructions for one of them: holdfast client KIND -i INVENTORY")


command.add_command(client_certificate.command)


def _verb(kind: str) -> click.Command:
    @click.command(kind, help=_help(kind))
    @common
    @click.option("--host", help="Host of the inventory; default: its only one.")
    @click.option("--user", help="Store a login for this user; the password is read from stdin.")
    @click.option("--home", default=_home, help="Home directory for the login.")
    @click.option("--mirror-of", help="Registry that this one mirrors, docker.io for example.")
    @click.option("--mirror", help="Name of one of registry_mirrors, to use for its upstream.")
    @click.option("--certificate", type=_FILE, help="Certificate of the client.")
    @click.option("--key", type=_FILE, help="Key of that certificate.")
    @click.option("--remove", is_flag=True, help="Remove everything that this verb adds.")
    @click.option("--apply", is_flag=True, help="Apply it on this machine instead of printing it.")
    def verb(shared: Common, **more: Any) -> Exit:
        hosts, outcome = resolve(shared)
        if outcome.exit_code is not Exit.OK:
            return outcome.exit_code
        access, present = _access(_one(hosts, more["host"]), more), not more["remove"]
        made = plan(kind, access if present else access.whole())
        if more["apply"]:
            return _change(shared, made, present=present)
        text = json.dumps(made.as_dict()) if shared.as_json else script(made, present=present)
        click.echo(text.rstrip("\n"))
        return Exit.OK

    return verb


def _help(kind: str) -> str:
    example = "\b\nExample: holdfast client KIND -i acme".replace("KIND", kind)
    return f"{KINDS[kind].__doc__}\n\nPrints a shell script; --apply runs it.\n\n{example}"


def _home() -> str:
    """Return the home of the user who called sudo, else the own home."""
    return str(Path(f"~{os.environ.get('SUDO_USER', '')}").expanduser())


for _kind in KINDS:
    command.add_command(_verb(_kind))


def _access(host: Resolved, more: dict[str, Any]) -> Access:
    from holdfast.certificates import ca_text  # noqa: PLC0415 -- slow to import

    certificate, key = more["certificate"], more["key"]
    if (certificate is None) != (key is None):
        raise InputError("--certificate: expected together with --key. Give both")
    authority, path, mirrored = _mirror(host.settings, more["mirror"])
    return Access(
        authority,
        ca_text(host.settings, host.inventory_directory),
        (certificate.read_text(), key.read_text()) if certificate else None,
        (more["user"], _password()) if more["user"] and not more["remove"] else None,
        more["home"],
        more["mirror_of"] or mirrored,
        path,
        "--mirror" if more["mirror"] else "--mirror-of",
    )


def _mirror(settings: Settings, name: str | None) -> tuple[str, str, str | None]:
    """Return the registry's authority, the mirror's path there, and the mirrored registry, if
    any."""
    from holdfast.rendering.sites import site_of  # noqa: PLC0415 -- slow to import

    if name is None:
        return settings.authority, "", None
    known = {mirror.name: mirror for mirror in settings.mirrors}
    if name not in known:
        listed = ", ".join(known) or "none in registry_mirrors"
        raise InputError(f"--mirror: expected a name of a mirror, got {name}. There are: {listed}")
    site, route = site_of(settings, known[name].service)
    server = known[name].url.partition("://")[2]
    mirrored = next((one for one, address in SERVERS.items() if address == server), server)
    return site.authority, route.prefix.strip("/"), mirrored


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\n")


def _one(hosts: list[Resolved], name: str | None) -> Resolved:
    names = [one.name for one in hosts]
    if (name and name not in names) or (not name and len(hosts) > 1):
        raise InputError(f"--host: expected one of {', '.join(names)}, got {name or 'nothing'}")
    return next(one for one in hosts if name in (None, one.name))


def _change(shared: Common, made: Plan, *, present: bool) -> Exit:
    if os.geteuid() != 0:
        raise RefusedError("--apply: expected to be root. Run it with sudo")
    from ansible_collections.holdfast.registry.plugins.module_utils.clients.files import (  # noqa: PLC0415
        change,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.system import (  # noqa: PLC0415
        progress,
    )

    try:
        done = change(made.as_dict(), present=present)
    except (progress.StepError, OSError) as error:
        raise RefusedError(progress.as_step(error).message) from error
    if shared.as_json:
        click.echo(json.dumps({"changed": [one["path"] for one in done]}))
    for one in done:
        shared.say(f"{'written' if one['after'] else 'removed'}  {one['path']}")
    if not done:
        shared.say("Nothing to do: already configured.")
    for note in made.notes if present and done else ():
        shared.say(note)
    return Exit.OK
