"""Run a verb on a host if Ansible must not pipeline, see plugin_utils/bootstrap.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host
short_description: Run a verb of the host library
description:
  - Called by the action plugins of this collection, not by playbooks.
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
options:
  verb:
    description: Verb to run.
    type: str
    required: true
    choices:
      - platform
      - observe
      - examine
      - generations
      - generations-diff
      - status
      - place
      - confirm_access
      - deploy
      - rollback
      - rotate
      - restart
      - patch-look
      - patch
      - reboot
      - lock
      - smoke
      - flush
      - logs
      - jobs
      - job-start
      - job-look
      - gc-plan
      - gc
      - retention
      - retention-look
      - restore-look
      - restore-keys
      - restore
      - rules-check
      - move-begin
      - move-copy
      - move-clean
      - index
      - remove
      - doctor
  order:
    description: Arguments of the verb.
    type: dict
    default: {}
  secrets:
    description: Texts by name that are never logged, joined with the order on the host.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Keeps a host as it is.
    details: Verbs that read answer as always; the others do not run.
    support: partial
"""

EXAMPLES = r"""
- name: List the generations of a host
  holdfast.registry.host:
    verb: generations
"""

RETURN = r"""
answer:
  description: Answer of the verb, or the number of the serving generation.
  returned: always
  type: raw
events:
  description: Events, one entry a phase.
  returned: by deploy, rollback and rotate
  type: list
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.holdfast.registry.plugins.module_utils.dispatch import VERBS, run


def sent() -> None:
    """Name the modules of all verbs: Ansible sends what it finds imported, also where nobody calls.

    dispatch imports the one that it needs, by its name in VERBS.
    """
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs import (  # noqa: F401, PLC0415
        backups,
        cleanup,
        deploys,
        examining,
        index,
        jobs,
        moves,
        observing,
        patches,
        platforms,
        removals,
        reports,
    )


def main() -> None:
    """Run one verb."""
    module = AnsibleModule(
        {
            "verb": {"required": True, "choices": list(VERBS)},
            "order": {"type": "dict", "default": {}},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    result = run(given["verb"], given["order"], given["secrets"], module.check_mode)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
