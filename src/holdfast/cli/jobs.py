"""holdfast jobs"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.cli.status import verdict
from holdfast.errors import Exit

LIST = "list"


class _Listing(click.Group):
    """Command group that lists if no command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments of the group."""
        return super().parse_args(ctx, self._named(args))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that arguments name, and the rest of them."""
        return super().resolve_command(ctx, self._named(args))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name; the list for none."""
        return super().get_command(ctx, cmd_name or LIST)

    def _named(self, args: list[str]) -> list[str]:
        named = args and (args[0] in self.commands or not args[0].startswith("-"))
        return args if named or args in (["-h"], ["--help"]) else [LIST, *args]


@click.group("jobs", cls=_Listing)
def command() -> None:
    """List the jobs of each host, or run one.

    Jobs are what a host does by itself: care of certificates, clean-up, retention,
    scrub, backup, disk space.
    """


@command.command(LIST)
@common
def listing(shared: Common) -> Exit:
    """Show last run, result, duration and next run of each job. Changes nothing.

    \b
    Example: holdfast jobs -i acme
    """
    from holdfast.deploying import jobs  # noqa: PLC0415 -- slow to import

    outcome = shared.run("jobs")
    for host, facts in sorted(outcome.facts.items()):
        for line in jobs.table(host, facts.get("jobs", []), f"holdfast deploy {shared.where}"):
            shared.say(line)
    return outcome.exit_code


@command.command("run")
@common
@click.argument("name")
def run(shared: Common, name: str) -> Exit:
    """Start a job now, and wait for its end. One that runs already is waited for.

    Exit code 2 if a host has no such job, 5 if the job failed, 6 if it found something.

    \b
    Example: holdfast jobs run gc -i acme
    """
    return verdict(shared.run("jobs", variables={"holdfast_job": name}))
