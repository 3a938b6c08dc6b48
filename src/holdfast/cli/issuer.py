"""holdfast issuer"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.cli.status import verdict
from holdfast.errors import Exit


@click.group("issuer")
def command() -> None:
    """Show and update the pinned keys of an external token issuer."""


@command.command("show")
@common
def show(shared: Common) -> Exit:
    """Compare issuers' current keys with the pinned ones; exit code 6 if they differ.

    No host is contacted: this machine asks the issuers that registry_auth_keys names.

    \b
    Example: holdfast issuer show -i acme
    """
    return verdict(shared.run("issuer_keys"))


@command.command("refresh")
@common
@click.option("--check", is_flag=True, help="Show what would change, without changing it.")
def refresh(shared: Common, check: bool) -> Exit:
    """Fetch the keys of issuers and pin them in the inventory; the next deploy trusts them.

    \b
    Example: holdfast issuer refresh -i acme
    """
    outcome = shared.run("issuer_keys", check=check, variables={"holdfast_refresh": True})
    if outcome.exit_code is Exit.OK and outcome.changed:
        shared.say("Compare the fingerprints with those that the issuer's operators see.")
        shared.say(f"Next: holdfast deploy {shared.where}")
    return outcome.exit_code
