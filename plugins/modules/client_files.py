"""Configure a client machine to trust a registry, with plugins/module_utils/clients."""

from __future__ import annotations

DOCUMENTATION = r"""
module: client_files
short_description: Write the files with which clients trust a registry
description:
  - Called by M(holdfast.registry.client), not by playbooks.
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
options:
  plans:
    description: Files of each kind of client.
    type: list
    elements: dict
    required: true
  state:
    description: V(present) to write the files, V(absent) to remove them.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Reports the planned changes.
    support: full
"""

EXAMPLES = r"""
- name: Bring what one kind of client needs
  holdfast.registry.client_files:
    plans: "{{ plans }}"
"""

RETURN = r"""
paths:
  description: Files that changed.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.holdfast.registry.plugins.module_utils.clients.files import change
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    StepError,
    as_step,
)


def main() -> None:
    """Apply the plans, or remove them."""
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
