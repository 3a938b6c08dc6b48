"""bcrypt hashes of the users' passwords, equal at every run."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.settings.model import Settings

_STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BCRYPT = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def entries(settings: Settings) -> list[tuple[str, str]]:
    """Return (name, bcrypt hash) of every enabled user, in the order of the settings."""
    checked = settings.auth.htpasswd or settings.auth.token
    if checked is None:
        return []
    return [
        (
            user.name,
            user.password_hash.get_secret_value()
            if user.password_hash
            else _hash(
                user.password.get_secret_value() if user.password else "",
                f"{settings.hostname}\n{user.name}",
                checked.bcrypt_cost,
            ),
        )
        for user in settings.users
    ]


@lru_cache(maxsize=4096)
def _hash(password: str, owner: str, cost: int) -> str:
    # bcrypt is imported late: hosts whose users all have hashes never pay for it.
    import bcrypt  # noqa: PLC0415

    return bcrypt.hashpw(password.encode(), _salt(owner, cost)).decode()


def _salt(owner: str, cost: int) -> bytes:
    """Return a salt that is equal at every run and different for each host and user.

    A salt is not secret. It has to differ so that no precomputed table fits. A random salt would
    create a new generation at every deploy.
    """
    raw = hashlib.sha256(b"holdfast htpasswd\n" + owner.encode()).digest()[:16]
    text = base64.b64encode(raw).decode().rstrip("=")
    return f"$2b${cost:02d}${text.translate(str.maketrans(_STANDARD, _BCRYPT))}".encode()
