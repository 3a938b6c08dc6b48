"""holdfast client"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.bundle import collections_path
from holdfast.cli import client_certificate
from holdfast.cli.options import Common, common
from holdfast.cli.resolved import Resolved, resolve
from holdfast.clients import KINDS, Access, Plan, plan
from holdfast.clients.script import script
from holdfast.errors import Exit, InputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
PROGRAMS = {
    "docker": ("docker",),
    "podman": ("podman", "skopeo", "buildah"),
    "containerd": ("containerd", "ctr"),
    "k3s": ("k3s",),
    "buildkit": ("buildkitd",),
    "system": ("update-ca-certificates",),
}


@click.group("client", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Let a machine that pushes and pulls trust the registry: print how, or do it here.

    \b
    Example: holdfast client docker -i acme | ssh build1 sudo sh
             sudo holdfast client podman -i acme --apply
    """
    if context.invoked_subcommand is None:
        for kind, programs in PROGRAMS.items():
            found = [name for name in programs if shutil.which(name)]
            click.echo(f"{kind:<11} {'found: ' + ', '.join(found) if found else ''}".rstrip())
        click.echo("What to do for one of them: holdfast client KIND -i INVENTORY")


command.add_command(client_certificate.command)


def _verb(kind: str) -> click.Command:
    @click.command(kind, help=f"{(KINDS[kind].__doc__ or '').rstrip()}\n\nPrints a script for it.")
    @common
    @click.option("--host", help="Host of the inventory; default: its only one.")
    @click.option("--user", default="NAME", help="Name for the command that logs in.")
    @click.option("--mirror-of", help="Registry that this one mirrors, docker.io for example.")
    @click.option("--certificate", type=_FILE, help="Certificate of the client.")
    @click.option("--key", type=_FILE, help="Key of that certificate.")
    @click.option("--apply", is_flag=True, help="Do it on this machine.")
    @click.option("--remove", is_flag=True, help="Take it away from this machine.")
    def verb(shared: Common, host: str | None, user: str, **more: object) -> Exit:
        hosts, outcome = resolve(shared)
        if outcome.exit_code is not Exit.OK:
            return outcome.exit_code
        made = plan(kind, _access(_one(hosts, host), more), user)
        if more["apply"] or more["remove"]:
            return _change(shared, made, present=bool(more["apply"]))
        text = json.dumps(made.as_dict(), sort_keys=True) if shared.as_json else script(made)
        click.echo(text.rstrip("\n"))
        return Exit.OK

    return verb


for _kind in KINDS:
    command.add_command(_verb(_kind))


def _access(host: Resolved, more: dict[str, object]) -> Access:
    from holdfast.certificates import ca_text  # noqa: PLC0415 -- slow to import

    certificate, key = more["certificate"], more["key"]
    if (certificate is None) != (key is None):
        raise InputError("--certificate: expected together with --key. Give both")
    pair = None
    if isinstance(certificate, Path) and isinstance(key, Path):
        pair = certificate.read_text(), key.read_text()
    mirror = more["mirror_of"]
    ca = ca_text(host.settings, host.inventory_directory)
    return Access(host.settings.authority, ca, pair, str(mirror) if mirror else None)


def _one(hosts: list[Resolved], name: str | None) -> Resolved:
    names = [one.name for one in hosts]
    if (name and name not in names) or (not name and len(hosts) > 1):
        raise InputError(f"--host: expected one of {', '.join(names)}, got {name or 'nothing'}")
    return next(one for one in hosts if name in (None, one.name))


def _change(shared: Common, made: Plan, *, present: bool) -> Exit:
    if os.geteuid() != 0:
        raise RefusedError("--apply, --remove: expected to be root. Run it with sudo")
    sys.path.insert(0, str(collections_path()))
    from ansible_collections.holdfast.registry.plugins.module_utils import (  # noqa: PLC0415
        client_files,
        steps,
    )

    change: Callable[..., list[dict[str, str]]] = client_files.change
    try:
        done = change(made.as_dict(), present=present)
    except (steps.StepError, OSError) as error:
        raise RefusedError(steps.as_step(error).message) from error
    for one in done:
        shared.say(f"{'removed' if not one['after'] else 'written'}  {one['path']}")
    shared.say("" if done else "Nothing was changed: it is so already.")
    for note in made.notes if present and done else ():
        shared.say(note)
    return Exit.OK
