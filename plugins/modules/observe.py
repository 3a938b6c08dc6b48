"""What every deploy asks a host first. A module of its own: it carries little, and starts fast."""

from __future__ import annotations

DOCUMENTATION = r"""
module: observe
short_description: Look whether a registry host is as the last deploy left it
description:
  - Called by the action plugins of this collection, not by playbooks.
version_added: 0.1.0
author: The holdfast authors
options: {}
attributes:
  check_mode:
    description: Changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Look at a host
  holdfast.registry.observe:
"""

RETURN = r"""
answer:
  description: Facts of the host, and what is not as it was left.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.holdfast.registry.plugins.module_utils.observation import observe


def main() -> None:
    """Look at this host."""
    module = AnsibleModule({}, supports_check_mode=True)
    module.exit_json(changed=False, answer=observe())


if __name__ == "__main__":
    main()
