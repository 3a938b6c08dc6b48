"""holdfast retention"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit, InputError
from holdfast.issuer import globs

WITHOUT_UNDO = "holdfast_retention_without_undo"
without_undo = click.option(
    "--without-undo",
    is_flag=True,
    help="Take away for ever, if the images are in a bucket that keeps no versions.",
)


@click.group("retention")
def command() -> None:
    """Take tags away by the rules of registry_retention.

    Tags go to a trash first, and stay there for registry_gc_undo.
    """


@command.command("plan")
@common
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the plan to this file, for holdfast retention apply.",
)
def plan(shared: Common, output: Path | None) -> Exit:
    """Report which tags the rules would take away. Changes nothing.

    \b
    Example: holdfast retention plan -i acme -o plan.json
    """
    outcome = shared.run("retention", variables={"holdfast_retention": "plan"})
    plans = {host: facts["retention"] for host, facts in outcome.facts.items()}
    if output is not None and plans:
        try:
            output.write_text(json.dumps({"hosts": plans}, indent=1) + "\n", encoding="utf-8")
        except OSError as problem:
            raise InputError(f"{output}: cannot be written, {problem.strerror}") from problem
        shared.say(f"To apply it: holdfast retention apply {output} {shared.where}")
    return outcome.exit_code


@command.command("apply")
@common
@click.argument(
    "plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, exists=True)
)
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
@without_undo
def apply(shared: Common, plan_file: Path | None, check: bool, without_undo: bool) -> Exit:
    """Take away what a plan names and the rules still drop; without a plan, by the rules.

    A tag that changed since the plan stays.

    \b
    Example: holdfast retention apply plan.json -i acme
    """
    variables: dict[str, Any] = {"holdfast_retention": "apply", WITHOUT_UNDO: without_undo}
    if plan_file is not None:
        variables["holdfast_retention_plan"] = str(plan_file.resolve())
    return shared.run("retention", check=check, variables=variables).exit_code


@command.command("undo")
@common
@click.argument("image", metavar="[REPO:TAG]", required=False)
def undo(shared: Common, image: str | None) -> Exit:
    """Bring tags back from the trash: all of them, or one.

    \b
    Example: holdfast retention undo team-a/app:1.2.3 -i acme
    """
    return _of_image(shared, "undo", image)


@command.command("explain")
@common
@click.argument("image", metavar="REPO:TAG")
def explain(shared: Common, image: str) -> Exit:
    """Report why the rules keep or drop a tag, and who pushed it. Changes nothing.

    \b
    Example: holdfast retention explain team-a/app:1.2.3 -i acme
    """
    return _of_image(shared, "explain", image)


def _of_image(shared: Common, verb: str, image: str | None) -> Exit:
    variables: dict[str, Any] = {"holdfast_retention": verb}
    if image is not None:
        variables["holdfast_retention_image"] = checked(image)
    return shared.run("retention", variables=variables).exit_code


def checked(image: str) -> str:
    """Return REPO:TAG. Raises InputError for another text."""
    repository, mark, tag = image.partition(":")
    if not (mark and tag and globs.valid_name(repository)):
        raise InputError(
            f"{image}: expected REPO:TAG without the registry's name. Give one, e.g. team/app:1.0"
        )
    return image
