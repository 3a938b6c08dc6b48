"""Admit a push within the rules and quotas of its repository, and one alone for a kept tag."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.gate import rules
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.conditions import Pushed
from ansible_collections.holdfast.registry.plugins.module_utils.gate.images import (
    Contents,
    contents,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.locks import NamedLocks
from ansible_collections.holdfast.registry.plugins.module_utils.gate.quotas import Quotas
from ansible_collections.holdfast.registry.plugins.module_utils.gate.rules import Finding
from ansible_collections.holdfast.registry.plugins.module_utils.gate.scopes import item_of
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        GatePlan,
        PushRulePlan,
    )


class Incoming(NamedTuple):
    """A manifest that a client pushes."""

    repository: str
    reference: str
    """Tag or digest in the request."""
    digest: str
    content: bytes

    @property
    def tag(self) -> str:
        """Tag; "" for a push by digest."""
        return "" if ":" in self.reference else self.reference


class Admitted:
    """Decision about a push. The caller says if the registry took it."""

    def __init__(self, replaced: str, findings: list[Finding]) -> None:
        self.replaced = replaced
        """Digest that the tag had; "" for a new tag, or a push by digest."""
        self.refusal = next((one for one in findings if one.refuses), None)
        self.warnings = [one for one in findings if not one.refuses]
        self.taken: bool | None = None
        """None: not known."""


class Admission:
    """Rules and quotas over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.quotas = Quotas(store)
        self._tags = NamedLocks()

    @contextmanager
    def of(self, plan: GatePlan, push: Incoming) -> Iterator[Admitted]:
        """Decide about a push, and hold the decision while the block runs. Raises ValueError."""
        own = rules.covering(plan.get("rules", ()), push.repository)
        with self._alone(own, push), ExitStack() as stack:
            replaced = self._tagged(push)
            found = self._found(own, push, replaced)
            held = None
            if plan.get("quotas") and not any(one.refuses for one in found):
                item = item_of(self.store, *push)
                held = stack.enter_context(self.quotas.held(plan["quotas"], item))
                found += held.findings
            admitted = Admitted(replaced, found)
            yield admitted
            if held is not None:
                held.taken = admitted.taken

    @contextmanager
    def _alone(self, own: list[PushRulePlan], push: Incoming) -> Iterator[None]:
        """Let nobody else push the tag while the block runs, if a rule makes it immutable."""
        if not rules.locks(own, push.tag):
            yield
            return
        with self._tags.of(f"{push.repository}:{push.tag}") as lock, lock.alone():
            yield

    def _found(self, own: list[PushRulePlan], push: Incoming, replaced: str) -> list[Finding]:
        if not own:
            return []
        inside = contents_of(self.store, push.content)
        names = push.repository, push.tag, push.digest
        return rules.findings(own, Pushed(*names, replaced, inside))

    def _tagged(self, push: Incoming) -> str:
        tag = push.tag
        return self.store.tagged(push.repository, tag) if tag else ""


def contents_of(store: Store, content: bytes) -> Contents:
    """Return the contents of a manifest whose blobs are in a store. Raises ValueError."""
    return contents(
        content,
        lambda one: store.read(places.blob(one)) if places.known(one) else None,
        lambda one: store.size(places.blob(one)) if places.known(one) else 0,
    )


def report(findings: list[Finding], repository: str, reference: str, user: str) -> None:
    """Write findings to the log, one JSON object each."""
    for one in findings:
        line = {
            "push": "refused" if one.refuses else "taken",
            "rule": one.rule,
            "condition": one.condition,
            "repository": repository,
            "reference": reference,
            "user": user,
            "text": one.text,
        }
        print(json.dumps(line), file=sys.stderr)


def warning(finding: Finding) -> tuple[str, str]:
    """Return the header by which a client learns of a warning. Source: OCI distribution 1.1."""
    text = finding.text.replace("\\", "").replace('"', "'")
    return "Warning", f'299 - "{text}"'
