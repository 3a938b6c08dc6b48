"""Brings trust in a registry to a client machine: a thin face of plugins/module_utils."""

from __future__ import annotations

DOCUMENTATION = r"""
module: client
short_description: Bring trust in a registry to a client machine
description:
  - Called by the action plugin of the same name.
version_added: 0.1.0
author: The holdfast authors
options:
  plans:
    description: What each kind of client needs.
    type: list
    elements: dict
    required: true
  state:
    description: Whether it should be there.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Tells what would change.
    support: full
"""

EXAMPLES = r"""
- name: Trust a registry
  holdfast.registry.client:
    kinds: [docker]
    authority: registry.example.com
    ca: "{{ lookup('file', 'pki/ca.crt') }}"
"""

RETURN = r"""
paths:
  description: Files that changed.
  returned: always
  type: list
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.holdfast.registry.plugins.module_utils.client_files import change
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError, as_step


def main() -> None:
    """Change what differs."""
    module = AnsibleModule(
        {
            "plans": {"type": "list", "elements": "dict", "required": True, "no_log": True},
            "state": {"choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    present = module.params["state"] == "present"
    try:
        plans = module.params["plans"]
        for plan in plans:  # whatever would be refused is refused before anything is written
            change(plan, present=present, dry=True)
        found = [
            one for plan in plans for one in change(plan, present=present, dry=module.check_mode)
        ]
    except (StepError, OSError) as error:
        module.fail_json(msg=as_step(error).message)
    diff = [{"before_header": one["path"], "after_header": one["path"], **one} for one in found]
    module.exit_json(changed=bool(found), paths=[one["path"] for one in found], diff=diff)


if __name__ == "__main__":
    main()
