"""Connect to a host by ssh once, on a terminal: ssh itself shows the host's key and keeps it."""

from __future__ import annotations

import subprocess

from holdfast.starting.answers import Answers

SUDO = 'test "$(id -u)" = 0 || sudo -n true'
"""Program of the test: it fails if the user is not root, and sudo wants a password."""
OPTIONS = (
    "StrictHostKeyChecking=ask",
    "ConnectTimeout=10",
    # Ansible would log in with a key alone.
    "PasswordAuthentication=no",
    "KbdInteractiveAuthentication=no",
)
FAILED = 255
"""Exit code of ssh if it cannot connect or log in."""


def command(answers: Answers) -> list[str]:
    """Return the command that learns the host's key and tests the login."""
    user = ["-l", answers.ssh_user] if answers.ssh_user else []
    options = [f"-o{one}" for one in OPTIONS]
    return ["ssh", *options, *user, "--", answers.address, SUDO]


def tested(answers: Answers) -> str:
    """Connect, with ssh's own questions on the terminal; return the result in one line."""
    try:
        code = subprocess.run(command(answers), check=False).returncode
    except FileNotFoundError:
        return "ssh: expected to be installed here. Run: apt install openssh-client"
    if code == FAILED:
        return (
            f"{answers.address}: expected to log in by ssh, and could not. Correct hosts.yml, or"
            " let ssh log in with a key: a deploy needs it"
        )
    if code:
        return f"{answers.address}: the login works; sudo wants a password: give every verb -K"
    return f"{answers.address}: the login works"
