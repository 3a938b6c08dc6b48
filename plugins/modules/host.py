"""The one module that runs on a host: a thin face of plugins/module_utils."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host
short_description: Bring a generation onto a registry host
description:
  - Called by the action plugins of this collection, not by playbooks.
version_added: 0.1.0
author: The holdfast authors
options:
  verb:
    description: What to do.
    type: str
    required: true
    choices:
      - examine
      - generations
      - status
      - place
      - attempt
      - deploy
      - rollback
      - rotate
      - flush
      - move-begin
      - move-copy
      - move-clean
      - doctor
  order:
    description: What the verb needs to know.
    type: dict
    default: {}
  secrets:
    description: Texts by name that are never logged, joined with the order on the host.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Examine, generations, status and doctor change nothing; the others do not run.
    support: partial
"""

EXAMPLES = r"""
- name: List the generations of a host
  holdfast.registry.host:
    verb: generations
"""

RETURN = r"""
answer:
  description: What the verb found, or the number of the generation that serves now.
  returned: always
  type: raw
events:
  description: What was done, one entry a phase.
  returned: by deploy, rollback and rotate
  type: list
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.holdfast.registry.plugins.module_utils import (
    binaries,
    deployment,
    files,
    guard,
    moving,
    names,
)
from ansible_collections.holdfast.registry.plugins.module_utils.condition import condition
from ansible_collections.holdfast.registry.plugins.module_utils.consultation import consult
from ansible_collections.holdfast.registry.plugins.module_utils.examination import examine
from ansible_collections.holdfast.registry.plugins.module_utils.steps import Log, StepError, as_step

ALONE = {
    "generations": deployment.generations,
    "status": condition,
    "doctor": consult,
    "flush": deployment.flush,
}
"""Verbs that need to know nothing."""
ORDERED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "place": lambda order: binaries.place(**order),
    "attempt": deployment.attempt,
}
"""Verbs that need no secret."""
READING = ("examine", "generations", "status", "doctor")
MOVING = ("move-begin", "move-copy", "move-clean")
CHANGING = ("place", "attempt", "deploy", "rollback", "rotate", "flush", *MOVING)


def main() -> None:
    """Run one verb."""
    module = AnsibleModule(
        {
            "verb": {"required": True, "choices": [*READING, *CHANGING]},
            "order": {"type": "dict", "default": {}},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
        },
        supports_check_mode=True,
    )
    verb, log = module.params["verb"], Log()
    reading = verb in READING
    if module.check_mode and not reading:
        module.exit_json(changed=True, skipped=True)
    try:
        with nullcontext() if reading else files.locked(names.LOCK):
            answer = _answer(verb, module.params["order"], module.params["secrets"], log)
    except (StepError, OSError) as problem:
        error = as_step(problem)
        module.fail_json(msg=error.message, lines=error.lines, events=log.events)
    module.exit_json(changed=not reading, answer=answer, events=log.events)


def _answer(verb: str, order: dict[str, Any], secrets: dict[str, Any], log: Log) -> Any:
    if verb == "examine":
        return examine(order, secrets)
    if verb in ALONE:
        return ALONE[verb]()
    if verb in ORDERED:
        return ORDERED[verb](order)
    if order.get("attempted"):
        log.add("access", "ok", f"firewall and ssh confirmed {guard.confirm()}")
    known = ("password", "client_pair", "login_line")
    probe = {**order["probe"], **{key: secrets.get(key) for key in known}}
    if verb == "deploy":
        order = _whole(order, secrets, probe)
    serving: dict[str, Callable[[], Any]] = {
        "deploy": lambda: deployment.deploy(order, log),
        "rollback": lambda: deployment.rollback(order["number"], probe, log),
        "rotate": lambda: deployment.rotate(order["change"], probe, log),
        "move-begin": lambda: moving.begin({**order, "probe": probe}, secrets, log),
        "move-copy": lambda: moving.copy(order, secrets),
        "move-clean": lambda: moving.clean(order),
    }
    try:
        return serving[verb]()
    except (StepError, OSError):
        if order.get("attempted"):
            deployment.settle()
        raise


def _whole(order: dict[str, Any], secrets: dict[str, Any], probe: Any) -> dict[str, Any]:
    """Return what is ordered of a deploy, with the secrets that it needs."""
    if order["certificates"]:
        order["certificates"]["keys"] = secrets["keys"]
    contents = {**order["contents"], **secrets["contents"]}
    return {**order, "contents": contents, "probe": probe}


if __name__ == "__main__":
    main()
