"""Report settings that are accepted but weak."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.errors import Complaint
from holdfast.settings.model import Settings
from holdfast.settings.sections.auth.users import SAFE_COST


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
