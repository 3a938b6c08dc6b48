"""Alerts about what has to happen regularly: jobs, proofs, logins, quotas."""

from __future__ import annotations

from holdfast import limits
from holdfast.monitoring.rule import Alert

_GOOD, _LATE = "holdfast_job_last_success_timestamp_seconds", "holdfast_job_late_after_seconds"
_AGE = "(time() - holdfast_generation_activated_timestamp_seconds)"
_NEVER = f"{_LATE} < on (job, instance) group_left () {_AGE} and {_GOOD} == 0"
_REFUSED = 'holdfast_logins_total{result=~"refused|limited"}'
_QUOTAS = " or ".join(
    f"holdfast_quota_used_{kind} / (holdfast_quota_limit_{kind} > 0) >= {limits.QUOTA_SHARE:g}"
    for kind in ("bytes", "tags")
)

UPKEEP = (
    Alert(
        "HoldfastJobLate",
        f"(time() - {_GOOD} > {_LATE} and {_GOOD} > 0) or ({_NEVER})",
        "1h",
        "warning",
        "the job {{ $labels.task }} is late",
        "holdfast jobs",
        "A job with a timer did its work last before one and a half of its periods, or "
        "registry_backup_within. A job that never ran counts from the last activation.",
        "The command shows its last run and its problem. Start it with its verb, for instance "
        "holdfast gc run.",
    ),
    Alert(
        "HoldfastJobFailed",
        "holdfast_job_failed == 1",
        "5m",
        "warning",
        "the job {{ $labels.task }} failed",
        "holdfast jobs",
        "The last run of a job failed.",
        "The command shows the problem. The alert resolves after the next run that succeeds.",
    ),
    Alert(
        "HoldfastCertificateProblem",
        "holdfast_certificate_problems > 0",
        "1h",
        "warning",
        "{{ $value }} problems with the certificates",
        "holdfast status",
        "The last check of the certificates found a problem, such as a renewal that failed.",
        "The command shows it below maintenance.",
    ),
    Alert(
        "HoldfastCertificatesUnchecked",
        f"time() - holdfast_certificate_checked_timestamp_seconds > {limits.CHECK_DAYS} * 86400",
        "1h",
        "warning",
        "the certificates were last looked at {{ $value | humanizeDuration }} ago",
        "holdfast jobs",
        f"The certificates were not looked at for {limits.CHECK_DAYS} days: nothing renews them.",
        "On the host: systemctl status holdfast-certificates.timer.",
    ),
    Alert(
        "HoldfastRestoreUnproven",
        f"time() - holdfast_backup_proven_timestamp_seconds > {limits.DRILL_DAYS} * 86400",
        "1h",
        "warning",
        "no restore was proven for {{ $value | humanizeDuration }}",
        "holdfast drill",
        f"The last drill that restored from the newest backup is older than {limits.DRILL_DAYS} "
        "days.",
        "The command runs one now. Set registry_backup_drill_schedule for a regular one.",
    ),
    Alert(
        "HoldfastDamage",
        "holdfast_scrub_damaged_blobs > 0",
        "0m",
        "critical",
        "{{ $value }} blobs are damaged",
        "holdfast scrub",
        "The scrub found blobs whose content is not that of their digest.",
        "The command looks again and names them with their images. Push these again, or restore "
        "them: docs/scrub.md.",
    ),
    Alert(
        "HoldfastScrubOverdue",
        "holdfast_scrub_overdue_blobs > 0",
        "1h",
        "warning",
        "{{ $value }} blobs were not proven in time",
        "holdfast scrub",
        "The scrub does not prove each blob within registry_scrub_within.",
        "Raise registry_scrub_rate, or registry_scrub_within.",
    ),
    Alert(
        "HoldfastImagesBroken",
        "holdfast_gc_damaged_manifests > 0 or holdfast_retention_damaged > 0 or "
        "holdfast_backup_broken_manifests > 0",
        "0m",
        "critical",
        "{{ $value }} manifests cannot be read, or lack a blob",
        "holdfast doctor",
        "A clean-up or a backup found images that cannot be pulled. A clean-up leaves their "
        "repositories alone.",
        "The command names them. Push them again, restore them, or delete them.",
    ),
    Alert(
        "HoldfastQuotaNearlyFull",
        _QUOTAS,
        "0m",
        "warning",
        "{{ $value | humanizePercentage }} of the quota {{ $labels.quota }} is used",
        "holdfast rules check",
        f"At least {limits.QUOTA_SHARE:.0%} of a quota is used, as of the last clean-up. Pushes "
        "are refused when all of it is.",
        "Delete images and run holdfast gc run, or raise the quota.",
    ),
    Alert(
        "HoldfastGuessing",
        f"sum by (job, instance) (rate({_REFUSED}[5m])) > {limits.REFUSED_PER_SECOND:g}",
        "5m",
        "warning",
        "{{ $value | humanize }} logins are refused each second",
        "holdfast logs --audit",
        "Many logins are refused: somebody guesses passwords, or a machine has an old one.",
        "The command shows who was refused. Repair the machine, or block the address.",
    ),
    Alert(
        "HoldfastRobotEnds",
        f"holdfast_robot_expires_timestamp_seconds - time() < {limits.ROBOT_DAYS} * 86400",
        "1h",
        "warning",
        "the robot {{ $labels.robot }} ends in {{ $value | humanizeDuration }}",
        "holdfast robot renew {{ $labels.robot }}",
        f"The secret of a robot expires in less than {limits.ROBOT_DAYS} days, or has expired.",
        "The command makes a new one, which the robot's machines need then.",
    ),
    Alert(
        "HoldfastLogLost",
        "increase(holdfast_log_gaps_total[1h]) > 0",
        "0m",
        "warning",
        "a part of the access log went away before it was counted",
        "holdfast status",
        "The counters of requests are too low: the access log was rotated or removed faster than "
        "holdfast-facts reads it, or while it did not run.",
        "If nobody removed the log, look on the host: systemctl status holdfast-facts. The alert "
        "resolves after an hour.",
    ),
)
"""Alerts about what has to happen regularly."""
