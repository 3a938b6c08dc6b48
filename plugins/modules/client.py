"""Document what brings trust to client machines: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: client
short_description: Configure the clients of a machine to trust a registry
description:
  - Installs the registry's authority, a login and mirrors for docker, podman, containerd, k3s,
    buildkit or the system's store, or removes them.
version_added: 0.1.0
options:
  kinds:
    description: Kinds of clients that the machine has.
    type: list
    elements: str
    choices: [docker, podman, containerd, k3s, buildkit, system]
    required: true
  authority:
    description: Host name of the registry, with the port when it is not 443.
    type: str
    required: true
  ca:
    description: Root that signed the registry's certificate, as PEM; none if the system has it.
    type: str
  certificate:
    description: Certificate of the client as PEM, for a registry that asks for one.
    type: str
  key:
    description: Key of that certificate; belongs in a vault.
    type: str
  username:
    description: Name to log in with; without one, people and machines log in by themselves.
    type: str
  password:
    description: Password of that name; belongs in a vault.
    type: str
  home:
    description: Home of the user whose clients log in.
    type: path
    default: /root
  mirror_of:
    description: Registry that this one mirrors, V(docker.io) for example.
    type: str
  mirror_path:
    description: Path of the mirror below the host name, V(hub) for example.
    type: str
  state:
    description: V(present) to trust the registry, V(absent) to remove the trust.
    type: str
    choices: [present, absent]
    default: present
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Trust a registry
  holdfast.registry.client:
    kinds: [docker]
    authority: registry.example.com
    ca: "{{ lookup('file', inventory_dir ~ '/pki/ca.crt') }}"
"""

RETURN = r"""
paths:
  description: Files that changed, or would change in check mode.
  returned: always
  type: list
  elements: str
"""
