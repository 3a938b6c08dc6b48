"""The issuer's HTTP interface: an ASGI application for tests, previews and hosts."""

from __future__ import annotations

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
from holdfast.issuer.errors import SourceError
from holdfast.issuer.limits import Limits, network_of
from holdfast.issuer.logins import Logins
from holdfast.issuer.requests import BadRequest, TokenRequest
from holdfast.issuer.rules import ANYBODY, VERIFIER, Identity, Policy
from holdfast.issuer.tokens import Tokens
from holdfast.issuer.turns import FullError, Turns

PATH = "/auth/token"
HEALTH = "/auth/health"
_LONGEST = 512
"""Maximum number of characters of client data in the audit log."""


class Refused(Exception):  # noqa: N818 -- named as its answer is
    """A request that gets no token."""

    def __init__(self, status: int, why: str, **headers: str) -> None:
        super().__init__(why)
        self.status, self.why, self.headers = status, why, headers


@dataclass
class Issuer:
    """The issuer with its policy, logins, tokens, limits and audit log."""

    policy: Policy
    logins: Logins
    tokens: Tokens
    limits: Limits
    audit: Audit

    def __post_init__(self) -> None:
        # Two hashes at once: others would wait for the processor anyway, and for nothing else.
        self._turns = Turns(2)

    def application(self) -> Starlette:
        """Return the ASGI application."""
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
            token_request = requests.by_get(request.url.query, _authorization(request))
        except BadRequest as error:
            return self._bad(request, error)
        return await self._answer(request, token_request)

    async def _post(self, request: Request) -> Response:
        try:
            body = b""
            async for part in request.stream():
                body += part
                if len(body) > requests.MOST_BODY:
                    raise BadRequest("the form is too large")
            token_request = requests.by_post(body, _authorization(request))
        except BadRequest as error:
            return self._bad(request, error)
        return await self._answer(request, token_request)

    async def _answer(self, request: Request, token_request: TokenRequest) -> Response:
        wanted, noted = scopes.parse(token_request.scopes), _noted(request, token_request)
        try:
            identity = await self._identity(token_request, noted["address"])
            granted = self._granted(token_request, identity, wanted)
        except Refused as refused:
            self.audit.write(**noted, asked=_short(wanted), granted=[], result=refused.why)
            return _error(refused.status, refused.why, **refused.headers)
        temporary = identity.kind == VERIFIER
        answer = self.tokens.access(identity.name or "", granted, brief=temporary)
        if token_request.grant == "refresh_token":
            answer["refresh_token"] = token_request.secret
        elif token_request.offline and identity.name and not temporary:
            answer["refresh_token"] = self.tokens.refresh(identity)
        given = [f"{scope.kind}:{scope.name}:{','.join(acts)}" for scope, acts in granted if acts]
        noted["subject"] = identity.subject
        self.audit.write(**noted, asked=_short(wanted), granted=given, result="token")
        return JSONResponse(answer, headers=_UNKEPT)

    def _granted(
        self, token_request: TokenRequest, identity: Identity, wanted: Sequence[scopes.Scope]
    ) -> list[tuple[scopes.Scope, list[str]]]:
        if token_request.service not in (None, self.tokens.names.service):
            raise Refused(400, "unknown service")
        granted = [(scope, self.policy.grant(identity, scope)) for scope in wanted]
        # Who is not logged in is asked to do so, where an empty token would only be refused later.
        if identity.name is None and not any(actions for _, actions in granted):
            raise Refused(401, "login needed", **_CHALLENGE)
        return granted

    async def _identity(self, token_request: TokenRequest, address: str) -> Identity:
        """Return the identity of a request. Raises Refused."""
        if token_request.grant == "refresh_token":
            return await self._continued(token_request.secret)
        if token_request.name is None:
            return ANYBODY
        known = self.logins.remembered(token_request.name, token_request.secret)
        if known is not None:
            return known
        network = network_of(address)
        try:
            async with self._turns.turn(network):
                return await self._checked(token_request.name, token_request.secret, network)
        except FullError as full:
            status = 429 if full.own else 503
            raise Refused(status, f"{full}: try again", **_later(full.seconds)) from full

    async def _checked(self, name: str, secret: str, network: str) -> Identity:
        """Verify a login with the sources and return its identity. Raises Refused."""
        # Done here, after its turn came: what was sent at once is not let through at once, and
        # of many equal logins the first is looked at.
        known = self.logins.remembered(name, secret)
        if known is not None:
            return known
        wait = self.limits.wait(network, name)
        if wait:
            raise Refused(429, "too many wrong logins", **_later(wait))
        try:
            found = await run_in_threadpool(self.logins.verify, name, secret)
        except SourceError as error:
            raise Refused(503, "logins cannot be checked now", **_later(10)) from error
        if found is None:
            self.limits.failed(network, name)
            raise Refused(401, "wrong name or password", **_CHALLENGE)
        return found

    async def _continued(self, token: str) -> Identity:
        continued = self.tokens.continues(token)
        if continued is None:
            raise Refused(401, "the login is over", **_CHALLENGE)
        try:
            now = await run_in_threadpool(self.logins.lookup, continued[0])
        except SourceError as error:
            raise Refused(503, "logins cannot be checked now", **_later(10)) from error
        if now is None or now.mark != continued[1]:
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


def _noted(request: Request, token_request: TokenRequest) -> dict[str, Any]:
    return {
        "address": _address(request),
        "subject": f"login:{token_request.name[:_LONGEST]}" if token_request.name else "anonymous",
        "grant": token_request.grant,
    }


def _short(wanted: Sequence[scopes.Scope]) -> list[str]:
    return [str(scope)[:_LONGEST] for scope in wanted]
