"""What a host is asked where Ansible must not pipeline; see plugin_utils/payload.py."""

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
      - observe
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
    description: Verbs that read change nothing; the others do not run.
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.holdfast.registry.plugins.module_utils.verbs import CHANGING, READING, run


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
    given = module.params
    told = run(given["verb"], given["order"], given["secrets"], module.check_mode)
    if told.get("failed"):
        module.fail_json(**told)
    module.exit_json(**told)


if __name__ == "__main__":
    main()
