"""Host names of a host, and the services that answer at their paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.settings import Settings
from holdfast.settings.sections.mirrors import Mirror


@dataclass(frozen=True)
class Route:
    """A path, the service behind it, and its access restrictions."""

    path: str
    """Path with a slash at both ends; `/v2/` is the root of the API."""
    service: str
    read_only: bool = False
    """True for a mirror: only GET and HEAD are allowed."""
    anonymous: bool = False
    """True if no login is needed."""

    @property
    def prefix(self) -> str:
        """Prefix of a repository's name, with a slash at its end; usually ""."""
        return self.path.removeprefix("/v2/")


@dataclass(frozen=True)
class Site:
    """One host name and its routes."""

    hostname: str
    authority: str
    """Host name, with the port if it is not 443."""
    routes: tuple[Route, ...]
    """Routes, starting with the root of the API."""
    primary: bool = True
    """False for another name of a site that has been yielded before."""

    @property
    def url(self) -> str:
        """Public URL."""
        return f"https://{self.authority}"

    @property
    def root(self) -> Route:
        """Route at the root of the API."""
        return self.routes[0]


def sites(settings: Settings) -> Iterator[Site]:
    """Yield every host name of a host, starting with the registry's."""
    everybody = not settings.auth.asks_login
    root = Route("/v2/", "registry", settings.only_mirror, everybody)
    below = [_of(one, everybody) for one in settings.mirrors if not one.hostname]
    yield Site(settings.hostname, settings.authority, (root, *below))
    port = settings.authority.removeprefix(settings.hostname)
    for alias in settings.aliases:
        yield Site(alias, alias + port, (root, *below), primary=False)
    for one in settings.mirrors:
        if one.hostname:
            yield Site(one.hostname, one.hostname + port, (_of(one, everybody),))


def site_of(settings: Settings, service: str) -> tuple[Site, Route]:
    """Return the host name and the route of a service."""
    found = ((site, route) for site in sites(settings) for route in site.routes)
    return next((site, route) for site, route in found if route.service == service)


def _of(mirror: Mirror, everybody: bool) -> Route:
    path = "/v2/" if mirror.hostname else f"/v2/{mirror.name}/"
    return Route(path, mirror.service, read_only=True, anonymous=mirror.anonymous or everybody)
