"""Controls of the group supply."""

from holdfast.hardening.control import Control

CONTROLS = (
    Control(
        "supply.upgrades",
        "Security updates are installed by themselves, every day; the registry's package is not",
        "A hole is closed before somebody comes to it; the registry changes by a deploy alone.",
        "/etc/apt/apt.conf.d/zz-holdfast is as deployed",
        lines={
            "upgrades.conf": (
                'APT::Periodic::Update-Package-Lists "1";',
                'APT::Periodic::Unattended-Upgrade "1";',
                'Unattended-Upgrade::Package-Blacklist { "docker-registry"; };',
                'Unattended-Upgrade::Automatic-Reboot "false";',
            )
        },
    ),
)
