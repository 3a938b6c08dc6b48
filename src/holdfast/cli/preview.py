"""holdfast preview"""

from __future__ import annotations

import click

from holdfast.cli import interrupts
from holdfast.cli.options import Common, common
from holdfast.cli.resolved import resolve
from holdfast.errors import Exit, InputError


@click.command("preview")
@common
@click.option("--host", help="Host of the inventory; default: its only one.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; default: a free one.")
def command(shared: Common, host: str | None, port: int | None) -> Exit:
    """Run on this machine, without root, what a deploy would install on a host; until Ctrl-C.

    \b
    Example: holdfast preview -i acme --host registry1
    """
    hosts, outcome = resolve(shared)
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    names = [one.name for one in hosts]
    if (host and host not in names) or (not host and len(hosts) > 1):
        raise InputError(f"--host: expected one of {', '.join(names)}, got {host or 'nothing'}")
    one = next(one for one in hosts if host in (None, one.name))
    from holdfast.preview import serve  # noqa: PLC0415 -- the other verbs do not need it

    interrupts.note("No host was changed.")
    serve(one.settings, one.inventory_directory, port, shared.say)
    return Exit.OK
