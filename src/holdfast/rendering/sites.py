"""The names under which clients come to a host, and which service answers them there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.settings import Settings
from holdfast.settings.auth import Open
from holdfast.settings.mirrors import Mirror


@dataclass(frozen=True)
class Route:
    """A path, the service behind it, and who may do what there."""

    path: str
    """Begins and ends with a slash; `/v2/` is the root of the API."""
    service: str
    read_only: bool = False
    """Whether it is a mirror: GET and HEAD alone."""
    anonymous: bool = False
    """Whether no login is asked for."""

    @property
    def prefix(self) -> str:
        """What stands before a repository's name, with a slash at its end; mostly nothing."""
        return self.path.removeprefix("/v2/")


@dataclass(frozen=True)
class Site:
    """One host name."""

    hostname: str
    authority: str
    """Host name with the port when it is not 443."""
    routes: tuple[Route, ...]
    """The root of the API first."""

    @property
    def url(self) -> str:
        """Public address."""
        return f"https://{self.authority}"

    @property
    def root(self) -> Route:
        """What answers at the root of the API."""
        return self.routes[0]


def sites(settings: Settings) -> Iterator[Site]:
    """Yield every name of a host, that of the registry first."""
    everybody = isinstance(settings.auth, Open)
    root = Route("/v2/", "registry", settings.only_mirror, everybody)
    below = (_of(one, everybody) for one in settings.mirrors if not one.hostname)
    yield Site(settings.hostname, settings.authority, (root, *below))
    port = settings.authority.removeprefix(settings.hostname)
    for one in settings.mirrors:
        if one.hostname:
            yield Site(one.hostname, one.hostname + port, (_of(one, everybody),))


def site_of(settings: Settings, service: str) -> tuple[Site, Route]:
    """Return the name and the path at which a service is reached."""
    found = ((site, route) for site in sites(settings) for route in site.routes)
    return next((site, route) for site, route in found if route.service == service)


def _of(mirror: Mirror, everybody: bool) -> Route:
    path = "/v2/" if mirror.hostname else f"/v2/{mirror.name}/"
    return Route(path, mirror.service, read_only=True, anonymous=mirror.anonymous or everybody)
