"""holdfast gc"""

from __future__ import annotations

from typing import Any

import click

from holdfast.cli.options import Common, common
from holdfast.durations import seconds
from holdfast.errors import Exit, InputError


@click.group("gc")
def command() -> None:
    """Remove what no image needs, while the registry serves.

    Garbage goes to a trash on the same disk first, and stays there for registry_gc_undo.
    """


_GRACE = click.option("--grace", metavar="TIME", help="Age that garbage needs, e.g. 0s or 24h.")


@command.command("plan")
@common
@_GRACE
def plan(shared: Common, grace: str | None) -> Exit:
    """Report what a collection would move and remove. Changes nothing.

    \b
    Example: holdfast gc plan -i acme
    """
    return _run(shared, "plan", grace)


@command.command("run")
@common
@_GRACE
@click.option("--now", is_flag=True, help="Do not wait for the schedule; this is the default.")
def run(shared: Common, grace: str | None, now: bool) -> Exit:
    """Collect now, and wait for the end. Pushes and pulls go on meanwhile.

    \b
    Example: holdfast gc run -i acme --grace 1h
    """
    del now
    return _run(shared, "run", grace)


@command.command("undo")
@common
def undo(shared: Common) -> Exit:
    """Move all that is in the trash back to the images.

    \b
    Example: holdfast gc undo -i acme
    """
    return _run(shared, "undo", None)


@command.command("purge")
@common
def purge(shared: Common) -> Exit:
    """Collect, and empty the trash now. What is removed cannot be brought back.

    \b
    Example: holdfast gc purge -i acme
    """
    return _run(shared, "purge", None)


def _run(shared: Common, verb: str, grace: str | None) -> Exit:
    variables: dict[str, Any] = {"holdfast_gc": verb}
    if grace is not None:
        try:
            variables["holdfast_gc_grace_seconds"] = seconds(grace)
        except ValueError as problem:
            raise InputError(f"--grace: {problem}. Give one, e.g. 24h") from None
    return shared.run("gc", variables=variables).exit_code
