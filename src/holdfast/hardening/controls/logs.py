"""Controls of the group logs."""

from holdfast.hardening.control import CIS, Control


def _watch(name: str, holds: str, reason: str, *rules: str, reference: str = "") -> Control:
    return Control(
        f"logs.audit-{name}",
        holds,
        reason,
        "auditctl -l lists: " + ", ".join(rule.split()[1] for rule in rules),
        reference=CIS + reference if reference else "",
        lines={"audit.rules": rules},
    )


CONTROLS = (
    Control(
        "logs.journal-bounds",
        "The journal is kept over a boot, within bounds",
        "What happened before a crash is what one wants to read; a full disk stops pushes.",
        "journald.conf.d/holdfast.conf is as deployed and /var/log/journal is there",
        off="registry_hardening_journal_mib",
        reference=CIS + "6.1.1.3 and 6.1.2.4",
    ),
    Control(
        "logs.audit-registry",
        "Who changes the registry's configuration, binary or units leaves a record",
        "A change that no deploy made is found, with its author.",
        "auditctl -l lists /etc/holdfast, /opt/holdfast and our units",
        scope="registry-only",
        lines={
            "audit.rules": (
                "-w /etc/holdfast/ -p wa -k holdfast",
                "-w /opt/holdfast/ -p wa -k holdfast",
                "-w /etc/systemd/system/ -p wa -k holdfast-units",
            )
        },
    ),
    _watch(
        "ssh",
        "Who changes sshd's configuration leaves a record",
        "It is the administrator's door.",
        "-w /etc/ssh/ -p wa -k holdfast-ssh",
    ),
    _watch(
        "users",
        "Who changes users and groups leaves a record",
        "A new user is how an intruder stays.",
        "-w /etc/passwd -p wa -k holdfast-users",
        "-w /etc/shadow -p wa -k holdfast-users",
        "-w /etc/group -p wa -k holdfast-users",
        reference="6.2.3.8",
    ),
    _watch(
        "sudo",
        "Who changes what sudo allows leaves a record",
        "It is the way to root.",
        "-w /etc/sudoers -p wa -k holdfast-sudo",
        "-w /etc/sudoers.d/ -p wa -k holdfast-sudo",
        reference="6.2.3.1",
    ),
    _watch(
        "firewall",
        "Who changes firewall rules on the disk leaves a record",
        "A port that is opened in a hurry stays open.",
        "-w /etc/nftables.conf -p wa -k holdfast-firewall",
    ),
    _watch(
        "modules",
        "Who changes what modules are loaded leaves a record",
        "A rootkit is a module.",
        "-w /etc/modprobe.d/ -p wa -k holdfast-modules",
        "-w /etc/modules-load.d/ -p wa -k holdfast-modules",
    ),
)
