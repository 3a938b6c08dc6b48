"""Who listens where."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "net.ports",
        "The ports of the settings are listened on",
        "Clients come by them.",
    ),
    Control(
        "net.registry",
        "The registry itself listens on no TCP port",
        "There, it would ask for no login.",
        "CIS Docker 5.9",
    ),
    Control(
        "net.closed",
        "No registry answers beside the proxy",
        "Ports 5000 and 5001 are where a registry listens that nobody told otherwise.",
    ),
    Control(
        "net.families",
        "Every address of the settings is listened on, IPv4 and IPv6",
        "Clients take either.",
    ),
    Control(
        "net.ours",
        "Our processes listen nowhere by themselves",
        "systemd holds the ports of the settings; any other is a way in.",
    ),
    Control(
        "net.control",
        "Nothing that rules the host answers without a login",
        "The sockets of Docker, etcd and the kubelet give root to whoever reaches them.",
        "CIS Docker 2.7",
    ),
)
