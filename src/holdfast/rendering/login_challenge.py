"""The proxy's own login challenge."""

from __future__ import annotations

from typing import Any

from holdfast.rendering.sites import Site, sites
from holdfast.settings import Settings
from holdfast.settings.sections.auth import Htpasswd


def logins(settings: Settings) -> dict[str, Any]:
    """Return the variables of templates that ask for a login or forward one."""
    auth = settings.auth.htpasswd
    if auth is None:
        return {"logins": None, "anonymous": False, "challenges": {}}
    return {
        "logins": auth,
        "anonymous": auth.anonymous == "pull",
        "challenges": {site.hostname: challenge(site, settings, auth) for site in sites(settings)},
    }


def challenge(site: Site, settings: Settings, auth: Htpasswd) -> str:
    """Return the value of WWW-Authenticate with which a name asks for a login."""
    if auth.anonymous == "pull":
        return f'Bearer realm="{site.url}/token",service="{settings.authority}"'
    return f'Basic realm="{auth.realm}"'
