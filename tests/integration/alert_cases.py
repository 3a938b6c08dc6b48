"""Series of a quiet host, and of hosts on which one thing goes wrong for a while.

A minute passes from value to value, and the time begins at 0. Source: Prometheus, unit testing for
rules: `1x5` is six times 1, `0+60x5` begins at 0 and grows by 60.
"""

from __future__ import annotations

from typing import NamedTuple

HOST = 'job="holdfast",instance="one"'
DAY = 86400
PULLS = 'requests_total{route="manifest",method="GET",status="2xx"}'
FAILED = 'requests_total{route="manifest",method="GET",status="5xx"}'
PUSHES = 'requests_total{route="upload",method="PUT",status="2xx"}'
UNPUSHED = 'requests_total{route="upload",method="PUT",status="5xx"}'
SECONDS = 'request_duration_seconds_bucket{route="manifest",le="%s"}'
FACTS, FREE = "facts_timestamp_seconds", 'storage_free_bytes{directory="/srv"}'
ENDS = 'certificate_not_after_timestamp_seconds{file="a"}'
GOOD = 'job_last_success_timestamp_seconds{task="gc"}'
LATE = 'job_late_after_seconds{task="gc"}'
ROBOT = 'robot_expires_timestamp_seconds{robot="ci"}'
USED, TAGS = (f'quota_used_{kind}{{quota="a",repositories="a/**"}}' for kind in ("bytes", "tags"))

QUIET = {
    "up": "1x600",
    FACTS: "0+60x600",
    PULLS: "0+600x600",
    FAILED: "0x600",
    PUSHES: "0+600x600",
    UNPUSHED: "0x600",
    SECONDS % "0.1": "0+600x600",
    SECONDS % "5": "0+600x600",
    SECONDS % "+Inf": "0+600x600",
    FREE: "60x600",
    'storage_size_bytes{directory="/srv"}': "100x600",
    'storage_inodes{directory="/srv"}': "100x600",
    'storage_free_inodes{directory="/srv"}': "60x600",
    'storage_inodes{directory="/btrfs"}': "0x600",
    'storage_free_inodes{directory="/btrfs"}': "0x600",
    'storage_below_guard{directory="/srv"}': "0x600",
    ENDS: f"{100 * DAY}x600",
    "certificate_warn_seconds": f"{14 * DAY}x600",
    "certificate_problems": "0x600",
    "certificate_checked_timestamp_seconds": "0x600",
    "generation_activated_timestamp_seconds": "0x600",
    GOOD: "1x600",
    LATE: f"{1.5 * DAY}x600",
    # A host that is new: its first drill is still to come.
    'job_last_success_timestamp_seconds{task="drill"}': "0x600",
    'job_late_after_seconds{task="drill"}': f"{10.5 * DAY}x600",
    'job_failed{task="gc"}': "0x600",
    "backup_proven_timestamp_seconds": "0x600",
    "scrub_damaged_blobs": "0x600",
    "scrub_overdue_blobs": "0x600",
    "gc_damaged_manifests": "0x600",
    "retention_damaged": "0x600",
    "backup_broken_manifests": "0x600",
    USED: "10x600",
    'quota_limit_bytes{quota="a",repositories="a/**"}': "100x600",
    TAGS: "10x600",
    'quota_limit_tags{quota="a",repositories="a/**"}': "100x600",
    'logins_total{result="ok"}': "0+600x600",
    'logins_total{result="refused"}': "0x600",
    'logins_total{result="limited"}': "0x600",
    ROBOT: f"{100 * DAY}x600",
    "log_gaps_total": "0x600",
}
"""Values of each series of a host on which all is well, by its name after `holdfast_`."""

NEARLY = {
    FAILED: "0+2x600",
    'logins_total{result="refused"}': "0+25x600",
    'storage_free_inodes{directory="/srv"}': "5x600",
    FREE: "24x600",
    # Ten hours pass in the test.
    ENDS: f"{14.5 * DAY}x600",
    ROBOT: f"{14.5 * DAY}x600",
    USED: "89x600",
    TAGS: "89x600",
    FACTS: "4+60x600",
    LATE: "36001x600",
}
"""Changes by which a host is just below the limits. (The budgets of pulls are used, slowly.)"""


class Case(NamedTuple):
    """A thing that goes wrong, and is mended."""

    alert: str
    changes: dict[str, str]
    fires: int = 30
    """Minute at which the alert fires."""
    resolved: int = 80
    """Minute at which it does not any more."""

    def disturbs(self, other: Case) -> bool:
        """Tell whether an alert of one case may fire because of the other case."""
        metrics = ({name.partition("{")[0] for name in one.changes} for one in (self, other))
        return self.alert == other.alert or not set.isdisjoint(*metrics)


def _bad(alert: str, series: str, wrong: float, right: float) -> Case:
    """Return a case in which a gauge is wrong for two hours, and right then."""
    return Case(alert, {series: f"{wrong:g}x120 {right:g}x400"}, 90, 130)


def _more(alert: str, series: str, rate: int) -> Case:
    """Return a case in which a counter grows for an hour, and stays then."""
    return Case(alert, {series: f"0+{rate}x60 {60 * rate}x500"}, 50, 140)


CASES = (
    _bad("HoldfastDown", "up", 0, 1),
    Case("HoldfastSilent", {FACTS: "0+60x10 _x60 4320+60x500"}, 30, 80),
    Case("HoldfastNoHost", {FACTS: "_x60 3660+60x500"}, 30, 80),
    _more("HoldfastErrors", FAILED, 60),
    Case(
        "HoldfastSlow",
        {SECONDS % "0.1": "0x60 600+600x500"},
        50,
        80,
    ),
    _bad("HoldfastDiskFull", 'storage_below_guard{directory="/srv"}', 1, 0),
    Case("HoldfastDiskFillsUp", {FREE: "24-0.1x120 60x400"}, 100, 130),
    _bad("HoldfastInodes", 'storage_free_inodes{directory="/srv"}', 4, 60),
    _bad("HoldfastCertificateEnds", ENDS, 13 * DAY, 100 * DAY),
    _bad("HoldfastCertificateEndsSoon", ENDS, 2 * DAY, 100 * DAY),
    Case("HoldfastClock", {FACTS: "10+60x60 3660+60x500"}, 30, 80),
    Case("HoldfastClockWrong", {FACTS: "70+60x60 3660+60x500"}, 30, 80),
    Case("HoldfastJobLate", {LATE: "600x600", GOOD: "1x100 6060+60x400"}, 90, 105),
    Case("HoldfastJobLate", {LATE: "600x600", GOOD: "0x100 6060+60x400"}, 90, 105),
    _bad("HoldfastJobFailed", 'job_failed{task="gc"}', 1, 0),
    _bad("HoldfastCertificateProblem", "certificate_problems", 1, 0),
    _bad("HoldfastCertificatesUnchecked", "certificate_checked_timestamp_seconds", -3 * DAY, 7200),
    _bad("HoldfastRestoreUnproven", "backup_proven_timestamp_seconds", -31 * DAY, 7200),
    _bad("HoldfastDamage", "scrub_damaged_blobs", 1, 0),
    _bad("HoldfastScrubOverdue", "scrub_overdue_blobs", 1, 0),
    _bad("HoldfastImagesBroken", "gc_damaged_manifests", 1, 0),
    _bad("HoldfastImagesBroken", "retention_damaged", 1, 0),
    _bad("HoldfastImagesBroken", "backup_broken_manifests", 1, 0),
    _bad("HoldfastQuotaNearlyFull", USED, 90, 10),
    _bad("HoldfastQuotaNearlyFull", TAGS, 95, 10),
    _more("HoldfastGuessing", 'logins_total{result="refused"}', 60),
    _more("HoldfastGuessing", 'logins_total{result="limited"}', 60),
    _bad("HoldfastRobotEnds", ROBOT, 13 * DAY, 100 * DAY),
    Case("HoldfastLogLost", {"log_gaps_total": "0x10 1x500"}, 30, 90),
    _more("HoldfastPullBudgetFast", FAILED, 60),
    _more("HoldfastPullBudgetSlow", FAILED, 6),
    _more("HoldfastPushBudgetFast", UNPUSHED, 60),
    _more("HoldfastPushBudgetSlow", UNPUSHED, 6),
)
