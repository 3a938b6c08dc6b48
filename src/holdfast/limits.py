"""Define the limits from which on somebody should look: for alerts, `status` and `doctor` alike."""

from __future__ import annotations

CHECK_DAYS = 2
"""Maximum age in days of the last certificate check; the timer runs twice a day."""
CERTIFICATE_DAYS = 3
"""Days before a certificate expires from which on it is urgent; the warning has a setting."""
ROBOT_DAYS = 14
"""Days before a robot's expiry from which on there is a warning."""
QUOTA_SHARE = 0.9
"""Share of a quota from which on somebody should look."""
CLOCK_SECONDS = 5.0
"""Clock offset in seconds above which there is a warning."""
LEEWAY_SECONDS = 60.0
"""Clock offset in seconds above which tokens and certificates fail."""
DRILL_DAYS = 30
"""Maximum age in days of the last proof that a backup can be restored."""
FREE_SHARE = 0.25
"""Share of the disk that is free, below which its growth matters."""
FREE_INODES_SHARE = 0.05
"""Share of the inodes that is free, below which no new image may fit soon."""
FULL_DAYS = 4
"""Days until the disk is full, if it is used as in the last six hours."""
ERROR_SHARE = 0.02
"""Share of requests that fail by the registry's fault."""
ERRORS_PER_SECOND = 0.05
"""Failed requests in a second, below which their share says little."""
SLOW_SECONDS = 1.0
"""Duration of a manifest's request that 5 % may exceed."""
REFUSED_PER_SECOND = 0.5
"""Refused logins in a second that look like guessing."""
OBJECTIVE = 0.999
"""Share of pulls, and of pushes, that succeed in 30 days."""
FEWEST_ERRORS = 5
"""Failed requests in the longer window, below which no budget is said to be at risk."""
