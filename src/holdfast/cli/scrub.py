"""holdfast scrub"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.cli.status import verdict
from holdfast.errors import Exit


@click.command("scrub")
@common
@click.option("--now", is_flag=True, help="Prove all blobs, not only those that are due.")
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
def command(shared: Common, now: bool, check: bool) -> Exit:
    """Prove images by their digests, and wait for the end. Pushes and pulls go on meanwhile.

    A damaged blob is moved away, so that the next push of an image that needs it brings it again.
    Exit code 5 if the scrub failed, 6 if it found damage.

    \b
    Example: holdfast scrub -i acme --now
    """
    outcome = shared.run("scrub", check=check, variables={"holdfast_scrub_everything": now})
    return outcome.exit_code if check else verdict(outcome)
