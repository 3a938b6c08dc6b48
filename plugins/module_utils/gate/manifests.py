"""Answer PUT and DELETE of manifests: restore what they need, forward them, record the push."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.admission import (
    Admission,
    Incoming,
    report,
    warning,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.forward import (
    Answer,
    allowed,
    forward,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import Gate, needed
from ansible_collections.holdfast.registry.plugins.module_utils.gate.pushes import Pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import (
    References,
    closure,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.rules import Finding
from ansible_collections.holdfast.registry.plugins.module_utils.gate.taking import whole
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import GatePlan

_TARGET = re.compile(r"/v2/(?P<repository>[^?]+)/manifests/(?P<reference>[^/?]+)")


@dataclass(frozen=True)
class Request:
    """A request of a client, as the proxy sends it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    plan: GatePlan
    socket: str
    """Socket of the registry of the generation from which the request came."""

    @property
    def name(self) -> tuple[str, str] | None:
        """Repository and reference; None if the registry would not take them."""
        # The registry decodes all of a path: `team%2Fapp` is a repository to it.
        found = _TARGET.fullmatch(unquote(self.target.partition("?")[0]))
        if not found or not places.REPOSITORY.fullmatch(found["repository"]):
            return None
        reference = found["reference"]
        good = places.TAG.fullmatch(reference) or places.known(reference)
        return (found["repository"], reference) if good else None

    def forward(self) -> Answer:
        """Return the registry's answer."""
        body = self.body if self.method == "PUT" else None
        return forward(self.socket, self.method, self.target, self.headers.items(), body)


class Manifests:
    """Requests for manifests over one store."""

    def __init__(self, gate: Gate, pushes: Pushes) -> None:
        self.gate = gate
        self.pushes = pushes
        self.admission = Admission(gate.store)

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request. Raises OSError or HTTPException if the registry fails."""
        name = request.name
        if name is None:  # the registry has the words for what is wrong with it
            return request.forward()
        if request.method == "DELETE":
            with self.gate.deleting(name[0]):
                answer = request.forward()
            self.admission.quotas.changed(name[0])
            return answer
        return self._put(request, *name)

    def _put(self, request: Request, repository: str, reference: str) -> Answer:
        store = self.gate.store
        try:
            own, digests = closure(request.body, lambda one: store.read(places.blob(one)))
            digest = _digest(request.body, reference)
            wanted = needed(repository, {*digests, digest}, set(own.blobs))
            for one in own.manifests:  # taken away by the retention, with all that it needs
                if store.is_trashed(places.revision(repository, one)):
                    wanted |= whole(store, repository, one)
        except ValueError:  # no manifest, or one with a digest that is none: the registry says so
            return request.forward()
        if request.plan["tokens"] and self.gate.missing(wanted - {places.blob(digest)}):
            refused = allowed(request.socket, request.target, request.headers)
            if refused is not None:
                return refused
        tag = "" if ":" in reference else reference
        with self.gate.pushing(repository, wanted, tag) as gone:
            lost = _lost(repository, own, request.plan, gone)
            if lost:
                self.gate.count("refused")
                message = "manifest blob unknown to registry"
                return error(404, "MANIFEST_BLOB_UNKNOWN", message, lost)
            return self._admitted(request, repository, reference, digest)

    def _admitted(self, request: Request, repository: str, reference: str, digest: str) -> Answer:
        """Return the answer to a push whose blobs are there, by the rules of its repository."""
        push = Incoming(repository, reference, digest, request.body)
        with self.admission.of(request.plan, push) as admitted:
            if admitted.refusal is not None:
                return self._refused(request, repository, reference, admitted.refusal)
            answer = request.forward()
            admitted.taken = answer.status == 201
            if admitted.taken:
                self._keep(digest, request.body)
        if admitted.taken:
            self.gate.count("pushed")
            self._record(request, repository, reference, digest, admitted.replaced)
            report(admitted.warnings, repository, reference, _user(request))
            answer.headers.extend(map(warning, admitted.warnings))
        return answer

    def _refused(
        self, request: Request, repository: str, reference: str, finding: Finding
    ) -> Answer:
        """Return the refusal of a push; the registry's own, if the client may not push at all."""
        if request.plan["tokens"]:
            refused = allowed(request.socket, request.target, request.headers)
            if refused is not None:
                return refused
        report([finding], repository, reference, _user(request))
        return error(finding.status, "DENIED", finding.text)

    def _keep(self, digest: str, body: bytes) -> None:
        """Write a manifest that the registry did not, because its cache believed it to exist."""
        place = places.blob(digest)
        if not self.gate.store.has(place):
            self.gate.store.write(place, body)
            self.gate.count("rewritten")

    def _record(
        self, request: Request, repository: str, reference: str, digest: str, replaced: str
    ) -> None:
        if ":" in reference:
            return
        self.pushes.add(
            {
                "time": time.time(),
                "repository": repository,
                "tag": reference,
                "digest": digest,
                "replaced": replaced,
                "by": _user(request),
                "address": request.headers.get("x-forwarded-for", "")[:64],
            }
        )


def _lost(repository: str, own: References, plan: GatePlan, gone: set[str]) -> str:
    """Return a digest that is missing, which a cache of the registry may believe to exist."""
    for one in own.blobs:
        if {places.blob(one), places.layer(repository, one)} & gone:
            return one
    inner = own.manifests if plan["children"] else ()
    return next((one for one in inner if places.blob(one) in gone), "")


def error(status: int, code: str, message: str, detail: str | None = None) -> Answer:
    """Return an error as the registry's API words it."""
    body = json.dumps({"errors": [{"code": code, "message": message, "detail": detail}]}) + "\n"
    return Answer(status, [("Content-Type", "application/json")], body.encode())


def _digest(body: bytes, reference: str) -> str:
    """Return the digest under which the registry stores a manifest. Raises ValueError."""
    return digests.of(body, reference.partition(":")[0] if ":" in reference else digests.CANONICAL)


def _user(request: Request) -> str:
    """Return who pushed: from the proxy's check, or the subject of a token that was accepted."""
    if not request.plan["tokens"]:
        return request.headers.get("x-holdfast-user", "")[:200]
    parts = request.headers.get("authorization", "").partition(" ")[2].split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        return str(claims["sub"])[:200]
    except (ValueError, LookupError, TypeError):
        return ""
