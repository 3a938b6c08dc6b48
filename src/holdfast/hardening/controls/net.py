"""Controls of the group net."""

from holdfast.hardening.control import CIS, Control

CONTROLS = (
    Control(
        "net.drop",
        "What is not asked for is dropped",
        "A service that is installed tomorrow is not on the network by accident.",
        "the policy of the input chain of table inet holdfast is drop",
        reference=CIS + "4.3.8",
    ),
    Control(
        "net.boot",
        "The table is there again after a boot, before the network is up",
        "A firewall that comes late is open for that long.",
        "holdfast-firewall.service is active and ordered before network-pre.target",
        scope="registry-only",
        reference=CIS + "4.3.10",
    ),
    Control(
        "net.web-rate",
        "One address opens a bounded number of connections a second",
        "A flood from one host leaves room for its neighbours.",
        "a rule with a meter by address stands before each port of the registry",
    ),
    Control(
        "net.ssh-rate",
        "One address opens a bounded number of ssh connections a minute",
        "Guesses of passwords and keys are slowed down before sshd sees them.",
        "a rule with a meter by address stands before the ports of ssh",
        off="registry_hardening_ssh_per_minute",
    ),
    Control(
        "net.ssh-sources",
        "ssh is open to the networks in the settings alone, where they name some",
        "An administrator's door need not be on the street.",
        "the rule for ssh names the networks",
        off="registry_hardening_ssh_sources",
    ),
    Control(
        "net.egress",
        "The services' users cannot connect to other machines unless the settings make them",
        "Data that is read cannot be sent away, even if the sandbox had a hole.",
        "a rule of the output chain rejects new connections of these users",
        scope="registry-only",
    ),
    Control(
        "net.ipv6",
        "IPv6 is under the same rules as IPv4",
        "A second way in that nobody looks at is the way in.",
        "the table's family is inet",
    ),
    Control(
        "net.loopback",
        "Packets that claim to come from this host, but came by the network, are dropped",
        "Services on the loopback trust who comes from there.",
        "the input chain drops loopback sources on other interfaces",
        reference=CIS + "4.3.6",
    ),
    Control(
        "net.dropped-log",
        "Drops are logged, at a bounded rate",
        "What was cut by mistake is found by its line.",
        "the input chain has a log rule with a limit",
    ),
)
