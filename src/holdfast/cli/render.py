"""holdfast render"""

from __future__ import annotations

from pathlib import Path

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("render")
@common
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Directory to write to."
)
@click.option("--secrets", is_flag=True, help="Write secrets, too, readable by you alone.")
@click.option("--diff", is_flag=True, help="Show what differs from what is there.")
def command(shared: Common, output: Path, secrets: bool, diff: bool) -> Exit:
    """Write what a deploy would put on each host; none is contacted.

    Whole or not at all: one wrong setting of one host, and the directory stays as it is.

    \b
    Example: holdfast render -i acme -o rendered
    """
    variables = {"holdfast_output": str(output.absolute()), "holdfast_secrets": secrets}
    outcome = shared.run("render", variables=variables)
    for facts in outcome.facts.values():
        if "summary" in facts:
            shared.say(facts["summary"])
        if diff:
            shared.say("".join(facts.get("differences", [])) or "No differences.")
        if "files" in facts:
            hidden = "" if secrets else "; secrets are masked (--secrets writes them)"
            shared.say(f"{facts['files']} files in {output}{hidden}")
    return outcome.exit_code
