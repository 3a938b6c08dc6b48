"""Write docs/alerts.md, a runbook, from the table of alerts."""

from __future__ import annotations

from holdfast import limits
from holdfast.monitoring.rule import Alert
from holdfast.monitoring.rules import ALERTS, RECORDINGS
from holdfast.schema.role import NOTE

INTRO = f"""# Alerts

<!-- {NOTE.replace("settings' schema", "table of alerts")} -->

```sh
holdfast metrics rules > /etc/prometheus/holdfast.yml
promtool check rules /etc/prometheus/holdfast.yml
```

Name the file below `rule_files` in `prometheus.yml`. The rules read the metrics that a host serves
itself, with `registry_metrics_listen`: [monitoring](monitoring.md). Each alert has the label
`severity`, and the annotations `summary`, `description`, `command` (what to type first) and
`runbook` (its part of this page). Most limits are those of `holdfast status` and `holdfast doctor`.

Two objectives have a budget: {limits.OBJECTIVE:.1%} of the requests of pulls, and of those of
pushes, succeed in 30 days. What the registry refuses with a reason, such as a wrong password, is no
failure. The share of failures in several windows is recorded:
"""
PROVEN = """
## How far they are proven

Prometheus's `promtool test rules` proves of every alert that it fires, that it resolves, and
that it does not fire on a quiet host.

These are also made to fire and to resolve on a test host, with Debian's Prometheus and
Alertmanager, and with shorter times: {seen}.

These were never seen firing on a host: {others}.
"""
SEEN: tuple[str, ...] = (
    *("HoldfastDown", "HoldfastSilent", "HoldfastNoHost", "HoldfastErrors"),
    *("HoldfastCertificateEnds", "HoldfastCertificateEndsSoon", "HoldfastCertificateProblem"),
    *("HoldfastJobLate", "HoldfastJobFailed", "HoldfastDamage", "HoldfastQuotaNearlyFull"),
    *("HoldfastGuessing", "HoldfastLogLost"),
    *("HoldfastPullBudgetFast", "HoldfastPullBudgetSlow"),
    *("HoldfastPushBudgetFast", "HoldfastPushBudgetSlow"),
)
"""Alerts that tests/hosts/test_alerts.py makes fire on a host."""


def alerts_page() -> str:
    """Return the page as Markdown."""
    recorded = "".join(f"\n- `{one.name}`" for one in RECORDINGS)
    seen = ", ".join(f"`{name}`" for name in SEEN)
    others = ", ".join(f"`{one.name}`" for one in ALERTS if one.name not in SEEN)
    parts = [INTRO, recorded, "\n", *map(_section, ALERTS), PROVEN.format(seen=seen, others=others)]
    return "".join(parts)


def _section(one: Alert) -> str:
    waits = "" if one.wait == "0m" else f", after {one.wait}"
    return (
        f"\n## {one.name}\n\n{one.meaning} Severity: {one.severity}{waits}.\n\n"
        f"Type first: `{one.command.replace('{{ $labels.robot }}', 'NAME')}`. {one.remedy}\n\n"
        f"```text\n{one.expr}\n```\n"
    )
