"""Controls of ssh by external scanners; holdfast.hardening has those that hardening activates."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "ssh.audit",
        "ssh-audit finds nothing to fail and nothing to warn of",
        "Auditors will run it.",
        "ssh-audit 3.3",
        depth="hardening",
        off="registry_hardening_ssh_clients",
        check="with `compatible` clients it may warn of curve25519-sha256",
    ),
)
