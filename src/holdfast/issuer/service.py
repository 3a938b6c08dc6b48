"""The issuer over HTTP: an ASGI application, the same in tests, in a preview and on hosts."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from holdfast.issuer import requests, scopes
from holdfast.issuer.audit import Audit
from holdfast.issuer.logins import Logins, Throttle
from holdfast.issuer.requests import Asked, BadRequest
from holdfast.issuer.rules import ANYBODY, Identity, Policy
from holdfast.issuer.sources import SourceError
from holdfast.issuer.tokens import Tokens

PATH = "/auth/token"
HEALTH = "/auth/health"
_LONGEST = 512
"""Characters of a client's words that go to the audit log."""


class Refused(Exception):  # noqa: N818 -- named as its answer is
    """A request that gets no token."""

    def __init__(self, status: int, why: str, **headers: str) -> None:
        super().__init__(why)
        self.status, self.why, self.headers = status, why, headers


@dataclass
class Issuer:
    """All that a request needs."""

    policy: Policy
    logins: Logins
    tokens: Tokens
    throttle: Throttle
    audit: Audit

    def __post_init__(self) -> None:
        # Two hashes at once: others would wait for the processor anyway, and for nothing else.
        self._checking = asyncio.Semaphore(2)

    def application(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route(PATH, self._get, methods=["GET"]),
                Route(PATH, self._post, methods=["POST"]),
                Route(HEALTH, self._health, methods=["GET"]),
            ]
        )

    async def _health(self, request: Request) -> Response:
        del request
        return Response(status_code=204)

    async def _get(self, request: Request) -> Response:
        try:
            asked = requests.by_get(request.url.query, _authorization(request))
        except BadRequest as error:
            return self._bad(request, error)
        return await self._answer(request, asked)

    async def _post(self, request: Request) -> Response:
        try:
            body = b""
            async for part in request.stream():
                body += part
                if len(body) > requests.MOST_BODY:
                    raise BadRequest("the form is too large")
            asked = requests.by_post(body, _authorization(request))
        except BadRequest as error:
            return self._bad(request, error)
        return await self._answer(request, asked)

    async def _answer(self, request: Request, asked: Asked) -> Response:
        wanted, noted = scopes.parse(asked.scopes), _noted(request, asked)
        try:
            identity = await self._identity(asked, noted["address"])
            granted = self._granted(asked, identity, wanted)
        except Refused as refused:
            self.audit.write(**noted, asked=_short(wanted), granted=[], result=refused.why)
            return _error(refused.status, refused.why, **refused.headers)
        answer = self.tokens.access(identity.name or "", granted)
        if asked.grant == "refresh_token":
            answer["refresh_token"] = asked.secret
        elif asked.offline and identity.name:
            answer["refresh_token"] = self.tokens.refresh(identity)
        given = [f"{scope.kind}:{scope.name}:{','.join(acts)}" for scope, acts in granted if acts]
        noted["subject"] = identity.subject
        self.audit.write(**noted, asked=_short(wanted), granted=given, result="token")
        return JSONResponse(answer, headers=_UNKEPT)

    def _granted(
        self, asked: Asked, identity: Identity, wanted: Sequence[scopes.Scope]
    ) -> list[tuple[scopes.Scope, list[str]]]:
        if asked.service not in (None, self.tokens.names.service):
            raise Refused(400, "unknown service")
        granted = [(scope, self.policy.grant(identity, scope)) for scope in wanted]
        # Who is not logged in is asked to do so, where an empty token would only be refused later.
        if identity.name is None and not any(actions for _, actions in granted):
            raise Refused(401, "login needed", **_CHALLENGE)
        return granted

    async def _identity(self, asked: Asked, address: str) -> Identity:
        """Return who asks. Raises Refused."""
        if asked.grant == "refresh_token":
            return await self._continued(asked.secret)
        if asked.name is None:
            return ANYBODY
        known = self.logins.remembered(asked.name, asked.secret)
        if known is not None:
            return known
        async with self._checking:
            return await self._checked(asked.name, asked.secret, address)

    async def _checked(self, name: str, secret: str, address: str) -> Identity:
        """Return who logs in, after a look at the sources. Raises Refused."""
        # Asked here, after its turn came: what was sent at once is not let through at once, and
        # of many equal logins the first is looked at.
        known = self.logins.remembered(name, secret)
        if known is not None:
            return known
        wait = self.throttle.wait(address)
        if wait:
            raise Refused(429, "too many wrong logins", **_later(wait))
        try:
            found = await run_in_threadpool(self.logins.verify, name, secret)
        except SourceError as error:
            raise Refused(503, "logins cannot be checked now", **_later(10)) from error
        if found is None:
            self.throttle.failed(address)
            raise Refused(401, "wrong name or password", **_CHALLENGE)
        return found

    async def _continued(self, token: str) -> Identity:
        told = self.tokens.continues(token)
        if told is None:
            raise Refused(401, "the login is over", **_CHALLENGE)
        try:
            now = await run_in_threadpool(self.logins.lookup, told[0])
        except SourceError as error:
            raise Refused(503, "logins cannot be checked now", **_later(10)) from error
        if now is None or now.mark != told[1]:
            raise Refused(401, "the login is over", **_CHALLENGE)
        return now

    def _bad(self, request: Request, error: BadRequest) -> Response:
        self.audit.write(address=_address(request), result=f"bad request: {error}")
        return _error(400, str(error))


_UNKEPT = {"Cache-Control": "no-store"}
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="holdfast"'}
_CODES = {400: "UNSUPPORTED", 401: "UNAUTHORIZED", 429: "TOOMANYREQUESTS", 503: "UNAVAILABLE"}


def _error(status: int, why: str, **headers: str) -> Response:
    body = {"errors": [{"code": _CODES[status], "message": why, "detail": None}]}
    return JSONResponse(body, status, {**_UNKEPT, **headers})


def _later(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def _authorization(request: Request) -> list[str]:
    return request.headers.getlist("authorization")


def _address(request: Request) -> str:
    # The proxy sets it, and nothing but the proxy can connect to the socket.
    return request.headers.get("x-forwarded-for", "")[:_LONGEST]


def _noted(request: Request, asked: Asked) -> dict[str, Any]:
    return {
        "address": _address(request),
        "subject": f"login:{asked.name[:_LONGEST]}" if asked.name else "anonymous",
        "grant": asked.grant,
    }


def _short(wanted: Sequence[scopes.Scope]) -> list[str]:
    return [str(scope)[:_LONGEST] for scope in wanted]
