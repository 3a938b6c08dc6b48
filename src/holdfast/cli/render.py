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
@click.option("--secrets", is_flag=True, help="Also write secrets, readable only by you.")
@click.option("--diff", is_flag=True, help="Show differences from the existing files.")
def command(shared: Common, output: Path, secrets: bool, diff: bool) -> Exit:
    """Write the files that a deploy would install on each host, without contacting it.

    If one setting of one host is invalid, the directory is not changed.

    \b
    Example: holdfast render -i acme -o rendered
    """
    variables = {"holdfast_output": str(output.absolute()), "holdfast_secrets": secrets}
    outcome = shared.run("render", variables=variables, diff=diff)
    for facts in outcome.facts.values():
        if "summary" in facts:
            shared.say(facts["summary"])
        if diff:
            shared.say("".join(facts.get("differences", [])) or "No differences.")
        if "files" in facts:
            hidden = "" if secrets else "; secrets are masked (--secrets writes them)"
            shared.say(f"{facts['files']} files in {output}{hidden}")
    return outcome.exit_code
