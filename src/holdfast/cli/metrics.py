"""holdfast metrics"""

from __future__ import annotations

import click

from holdfast.errors import Exit


@click.group("metrics")
def command() -> None:
    """Print what Prometheus needs to watch the hosts (registry_metrics_listen)."""


@command.command("rules")
def rules() -> Exit:
    """Print the alert rules and recording rules for Prometheus.

    Every inventory has the same rules.

    \b
    Example: holdfast metrics rules > /etc/prometheus/holdfast.yml
    """
    from holdfast.monitoring.rules import rules_file  # noqa: PLC0415 -- it imports YAML

    click.echo(rules_file(), nl=False)
    return Exit.OK
