"""Report settings that are accepted but weak."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.durations import seconds
from holdfast.errors import Complaint
from holdfast.settings.model import Settings
from holdfast.settings.sections.auth.users import SAFE_COST
from holdfast.settings.sections.log import ACCESS_LOG_DAYS


def weaknesses(settings: Settings) -> Iterator[Complaint]:
    """Yield a warning for each accepted setting that should be changed."""
    cheap = [user for user in settings.users if (user.hash_cost or SAFE_COST) < SAFE_COST]
    if cheap:
        names = ", ".join(f"{user.name} ({user.hash_cost})" for user in cheap)
        yield Complaint(
            "registry_auth_users",
            f"bcrypt hashes of a cost below {SAFE_COST}: {names}. A stolen hash is soon cracked."
            f" Run for each: holdfast user password {cheap[0].name}",
        )
    yield from _longer_than_the_log(settings)


def _longer_than_the_log(settings: Settings) -> Iterator[Complaint]:
    """Yield a warning for each time of pulls that is longer than the log of pulls is kept."""
    kept = ACCESS_LOG_DAYS * 86400
    for number, rule in enumerate(settings.retention):
        for line, one in enumerate(rule.keep):
            if one.pulled_within is not None and seconds(one.pulled_within) > kept:
                yield Complaint(
                    f"registry_retention[{number}].keep[{line}].pulled_within",
                    f"expected at most {ACCESS_LOG_DAYS}d, for which the access log is kept, got"
                    f" {one.pulled_within}: pulls before that are not known, so this line keeps"
                    f" all tags that the rule drops. Set at most {ACCESS_LOG_DAYS}d",
                )
