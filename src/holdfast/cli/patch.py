"""Run `holdfast patch`."""

from __future__ import annotations

import click

from holdfast.cli.despite_lock import despite_lock
from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("patch")
@common
@click.option("--plan", is_flag=True, help="Show what is pending, without installing it.")
@click.option("--reboot", is_flag=True, help="Reboot a host that needs it.")
@despite_lock
def command(shared: Common, plan: bool, reboot: bool, despite: dict[str, object]) -> Exit:
    """Install updates of the operating system, host by host, security first.

    What runs with replaced files starts again without losing a request. Without --reboot no host
    reboots. A host that does not serve afterwards is the last one.

    \b
    Example: holdfast patch -i acme --plan
             holdfast patch -i acme --reboot
    """
    variables = {**despite, "holdfast_reboot": reboot}
    outcome = shared.run("patch", check=plan, variables=variables)
    if outcome.failed and not plan:
        shared.say("Hosts after this one were not touched. The same command again continues.")
        shared.say(f"Ansible's own output: {outcome.log}")
    return outcome.exit_code
