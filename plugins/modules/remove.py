"""Document the removal of a registry: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: remove
short_description: Remove a registry from a host, with everything that deploys brought
description:
  - Removes units, users, directories, timers, masks, firewall and ssh settings, as the manifests of
    the host's generations name them. Images, backups, certificates and logs stay, unless named.
  - Completes a removal that was interrupted.
version_added: 0.1.0
options:
  also:
    description: What is removed besides.
    type: list
    elements: str
    choices: [images, backups, certificates, logs]
    default: []
  confirmed:
    description: Has to be true outside check mode.
    type: bool
    default: false
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Remove the registry with its images
  holdfast.registry.remove:
    also: [images]
    confirmed: true
"""

RETURN = r"""
msg:
  description:
    - One line for each thing that was found or done, as the command C(holdfast) prints it.
  returned: always
  type: str
changes:
  description: Changes, or planned changes in check mode; one entry each, with its phase.
  returned: always
  type: list
  elements: str
  sample: ["remove: users: holdfast-registry, holdfast-proxy, group holdfast"]
gone:
  description: Texts about what was removed, or would be in check mode.
  returned: success
  type: list
  elements: str
stays:
  description: Texts about what stays on the host.
  returned: success
  type: list
  elements: str
"""
