"""Comments of a new inventory, which say what a setting does and what else there is."""

from __future__ import annotations

SCHEMA = ".settings.schema.json"
"""File that tells an editor every setting, at the top of the inventory."""
MODELINE = f"# yaml-language-server: $schema=../../{SCHEMA}\n"

_ABOUT = """\
# Made by holdfast init. By the line above an editor with a YAML language server completes and
# explains every setting; docs/settings.md lists them.
"""
HEAD = f"---\n{MODELINE}{_ABOUT}"

HOSTS = """\
---
# One registry on one host. More hosts get a line each; what differs between them goes below the
# host's name, or to host_vars/NAME.yml.
"""

NAME = "The name that clients use. It has to resolve to the host, for the clients and for you."
SOURCE = """\
The registry itself: a release of CNCF Distribution, downloaded once to this machine and compared
with its checksum. Without access to github.com: source `file` with a path, or `package`, which is
Debian's own (2.8)."""
DELETE = "True lets clients delete images."
SIGNED = "Signs the state of uploads. The value is in vault.yml, with the other secrets."
MIRROR = """\
Docker Hub, fetched once and kept: docker pull HOSTNAME/hub/library/debian:13, after a login. For
pulls without the prefix docker needs a host name of the mirror's own: docs/mirrors.md"""
OPEN_MIRROR = """\
Docker Hub, fetched once and kept: docker pull HOSTNAME/hub/library/debian:13. A mirror takes no
tokens, so it is open to everybody who reaches the host: docs/mirrors.md"""
TLS = {
    "private": """\
A certificate authority of your own: the first deploy makes it, in pki/ beside this inventory.
Clients have to trust pki/ca.crt (holdfast client). pki/ca.key is yours alone; back it up.""",
    "acme": """\
Certificates of Let's Encrypt, requested and renewed by the host. Port 80 of the host has to be
reachable from the internet. `registry_tls_staging: true` tries it out.""",
    "own": """\
A certificate that you provide, with its intermediates. After it was replaced: holdfast deploy.""",
    "external": """\
Your load balancer terminates TLS and speaks plain HTTP to port 8080 of the host. Only the
addresses below may connect.""",
}
USERS = """\
Who may log in. holdfast user adds, changes and removes users here. A bcrypt hash needs no
vault."""
RULES = """\
Who may do what: docs/access.md. What no rule allows is refused. Tokens carry the rights, and
holdfast access explain shows which rule gives them."""
VAULT = """\
---
# Secrets. Change them with: ansible-vault edit
"""
