"""Controls of listening ports."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "net.ports",
        "The ports of the settings are listened on",
        "Clients connect to them.",
    ),
    Control(
        "net.registry",
        "The registry itself listens on no TCP port",
        "It would need no login there.",
        "CIS Docker 5.9",
    ),
    Control(
        "net.closed",
        "No registry answers beside the proxy",
        "A registry listens on ports 5000 and 5001 by default.",
    ),
    Control(
        "net.families",
        "Every address of the settings is listened on, IPv4 and IPv6",
        "Clients take either.",
    ),
    Control(
        "net.ours",
        "holdfast's processes open no ports themselves",
        "systemd opens the ports of the settings; any other port is an entry point.",
    ),
    Control(
        "net.control",
        "No service that controls the host answers without a login",
        "Access to the sockets of Docker, etcd and the kubelet gives root rights.",
        "CIS Docker 2.7",
    ),
)
