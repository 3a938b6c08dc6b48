"""Alerts about what clients see at once: the registry, its disk, its certificate, its clock."""

from __future__ import annotations

from holdfast import limits
from holdfast.monitoring.rule import Alert

_ALL = "sum by (job, instance) (rate(holdfast_requests_total[5m]))"
_FAILED = 'sum by (job, instance) (rate(holdfast_requests_total{status="5xx"}[5m]))'
_MANIFESTS = 'rate(holdfast_request_duration_seconds_bucket{route="manifest"}[5m])'
_FREE = "holdfast_storage_free_bytes"
_LEFT = "holdfast_certificate_not_after_timestamp_seconds - time()"
_SEEN = "holdfast_facts_timestamp_seconds"
_OFFSET = f"abs(timestamp({_SEEN}) - {_SEEN})"

SERVING = (
    Alert(
        "HoldfastDown",
        "holdfast_up == 0",
        "2m",
        "critical",
        "the registry does not answer",
        "holdfast doctor",
        "The registry did not answer a request through the proxy for two minutes.",
        "The command names the unit that failed, and its last message.",
    ),
    Alert(
        "HoldfastSilent",
        f"max_over_time({_SEEN}[3d]) unless {_SEEN}",
        "5m",
        "critical",
        "no figures can be scraped",
        "holdfast doctor",
        "A host that was scraped in the last three days is not any more: it is off, its network or "
        "its proxy is, or holdfast-facts does not run.",
        "If the command finds nothing, look at the error of the target in Prometheus: 401 and 403 "
        "are in docs/monitoring.md. Silence the alert for a host that was removed.",
    ),
    Alert(
        "HoldfastNoHost",
        f"absent({_SEEN})",
        "15m",
        "critical",
        "Prometheus has figures of no host at all",
        "holdfast doctor",
        "No series of any registry is there: the job of Prometheus is missing, or all hosts are "
        "silent.",
        "Look at the targets of Prometheus, and at registry_metrics_listen.",
        "",
    ),
    Alert(
        "HoldfastErrors",
        f"{_FAILED} / {_ALL} > {limits.ERROR_SHARE:g} and {_FAILED} > {limits.ERRORS_PER_SECOND:g}",
        "5m",
        "critical",
        "{{ $value | humanizePercentage }} of the requests fail",
        "holdfast logs --access",
        f"More than {limits.ERROR_SHARE:.0%} of all requests are answered with 5xx.",
        "The command shows the failed requests and what the services said about them.",
    ),
    Alert(
        "HoldfastSlow",
        f"histogram_quantile(0.95, sum by (job, instance, le) ({_MANIFESTS})) > "
        f"{limits.SLOW_SECONDS:g}",
        "10m",
        "warning",
        "manifests take {{ $value | humanizeDuration }}",
        "holdfast doctor",
        f"One request of a manifest in 20 takes longer than {limits.SLOW_SECONDS:g} s.",
        "Look at the load of the host and of its disk, or at the answers of the object store.",
    ),
    Alert(
        "HoldfastDiskFull",
        "holdfast_storage_below_guard == 1",
        "1m",
        "critical",
        "less is free in {{ $labels.directory }} than the minimum",
        "holdfast gc run",
        "Less is free than registry_storage_minimum_free_percent says.",
        "The command frees what no image needs, after registry_gc_undo. Delete images, or grow the "
        "disk.",
    ),
    Alert(
        "HoldfastDiskFillsUp",
        f"predict_linear({_FREE}[6h], {limits.FULL_DAYS} * 86400) < 0 and "
        f"{_FREE} / holdfast_storage_size_bytes < {limits.FREE_SHARE:g}",
        "1h",
        "warning",
        f"{{{{ $labels.directory }}}} is full in less than {limits.FULL_DAYS} days",
        "holdfast gc run",
        f"Less than {limits.FREE_SHARE:.0%} is free, and the rest is used in less than "
        f"{limits.FULL_DAYS} days if it goes on as in the last six hours.",
        "Set retention rules (docs/retention.md), or grow the disk.",
    ),
    Alert(
        "HoldfastInodes",
        "holdfast_storage_free_inodes / (holdfast_storage_inodes > 0) < "
        f"{limits.FREE_INODES_SHARE:g}",
        "15m",
        "warning",
        "{{ $value | humanizePercentage }} of the inodes of {{ $labels.directory }} are free",
        "holdfast gc run",
        f"Less than {limits.FREE_INODES_SHARE:.0%} of the inodes is free: a push fails when there "
        "is none, whatever room there is.",
        "Remove images, or move them to a file system with more inodes: holdfast storage move.",
    ),
    Alert(
        "HoldfastCertificateEnds",
        f"{_LEFT} < on (job, instance) group_left () holdfast_certificate_warn_seconds",
        "1h",
        "warning",
        "{{ $labels.file }} ends in {{ $value | humanizeDuration }}",
        "holdfast certificate show",
        "A certificate ends in less than registry_tls_warn_days.",
        "With the private authority, holdfast certificate renew makes a new one. With ACME, the "
        "command says why the last renewal failed. One of yours has to be replaced by you.",
    ),
    Alert(
        "HoldfastCertificateEndsSoon",
        f"{_LEFT} < {limits.CERTIFICATE_DAYS} * 86400",
        "10m",
        "critical",
        "{{ $labels.file }} ends in {{ $value | humanizeDuration }}",
        "holdfast certificate renew",
        f"A certificate ends in less than {limits.CERTIFICATE_DAYS} days, or has ended. Then no "
        "client connects.",
        "The command renews one of the private authority. One of yours has to be replaced by you.",
    ),
    Alert(
        "HoldfastClock",
        f"{_OFFSET} > {limits.CLOCK_SECONDS:g}",
        "15m",
        "warning",
        "the clock differs by {{ $value | humanizeDuration }}",
        "holdfast doctor",
        f"The clocks of the host and of Prometheus differ by more than {limits.CLOCK_SECONDS:g} s. "
        "Which of them is wrong cannot be known here.",
        "Run timedatectl on both, and set up systemd-timesyncd or chrony.",
    ),
    Alert(
        "HoldfastClockWrong",
        f"{_OFFSET} > {limits.LEEWAY_SECONDS:g}",
        "5m",
        "critical",
        "the clock differs by {{ $value | humanizeDuration }}",
        "holdfast doctor",
        f"The clocks of the host and of Prometheus differ by more than {limits.LEEWAY_SECONDS:g} "
        "s, so that tokens and certificates can appear expired, or not yet valid.",
        "Run timedatectl on both, and set up systemd-timesyncd or chrony.",
    ),
)
"""Alerts about what clients see at once."""
