"""Controls of the group kernel: parameters."""

from holdfast.hardening.control import CIS, Control


def _set(name: str, holds: str, reason: str, *lines: str, reference: str = "") -> Control:
    return Control(
        f"kernel.{name}",
        holds,
        reason,
        "the value in /proc/sys of: " + ", ".join(line.partition(" ")[0] for line in lines),
        reference=CIS + reference if reference else "",
        lines={"sysctl.conf": lines},
    )


def _net(key: str, value: int, *, ipv6: bool = False) -> tuple[str, ...]:
    families = ("ipv4", "ipv6") if ipv6 else ("ipv4",)
    where = ((family, which) for family in families for which in ("all", "default"))
    return tuple(f"net.{family}.conf.{which}.{key} = {value}" for family, which in where)


CONTROLS = (
    _set(
        "pointers",
        "Addresses of the kernel are shown to nobody",
        "Exploits need to know where things lie.",
        "kernel.kptr_restrict = 2",
    ),
    _set(
        "messages",
        "The kernel's messages are for root",
        "They tell addresses and what hardware there is.",
        "kernel.dmesg_restrict = 1",
    ),
    _set(
        "ptrace",
        "Only an administrator may trace another process",
        "One program of a user cannot read the memory of another.",
        "kernel.yama.ptrace_scope = 2",
        reference="1.5.2",
    ),
    _set(
        "bpf",
        "Only an administrator may load BPF programs, and their code is blinded",
        "The verifier has been a way to the kernel again and again.",
        "kernel.unprivileged_bpf_disabled = 2",
        "net.core.bpf_jit_harden = 2",
    ),
    _set(
        "sysrq",
        "The magic keys of a console do nothing",
        "Whoever reaches a remote console could kill or dump.",
        "kernel.sysrq = 0",
    ),
    _set(
        "perf",
        "Performance counters are for administrators",
        "They are a side channel, and large.",
        "kernel.perf_event_paranoid = 3",
    ),
    _set(
        "aslr",
        "Addresses of programs are chosen at random",
        "An exploit has to guess them.",
        "kernel.randomize_va_space = 2",
        reference="1.5.1",
    ),
    _set(
        "setuid-cores",
        "Programs with other rights than their user's leave no core dumps",
        "A dump holds what the program alone may read.",
        "fs.suid_dumpable = 0",
        reference="1.5.3",
    ),
    _set(
        "links",
        "Links, pipes and files in shared directories are followed by their owners only",
        "A link in /tmp that root follows writes anywhere.",
        "fs.protected_hardlinks = 1",
        "fs.protected_symlinks = 1",
        "fs.protected_fifos = 2",
        "fs.protected_regular = 2",
    ),
    _set(
        "line-disciplines",
        "Terminals load no modules on a user's word",
        "Old line disciplines are little read and often broken.",
        "dev.tty.ldisc_autoload = 0",
    ),
    _set(
        "null-page",
        "The first 64 KiB of memory cannot be mapped",
        "A null pointer in the kernel then leads to nothing of the attacker's.",
        "vm.mmap_min_addr = 65536",
    ),
    _set(
        "syn-floods",
        "A flood of half-open connections is survived",
        "Cookies stand in for the queue when it is full.",
        "net.ipv4.tcp_syncookies = 1",
        "net.ipv4.tcp_max_syn_backlog = 8192",
        "net.core.somaxconn = 4096",
        reference="3.3.10",
    ),
    _set(
        "time-wait",
        "A closed connection cannot be cut short by a stray reset",
        "RFC 1337 describes how one confuses the next connection.",
        "net.ipv4.tcp_rfc1337 = 1",
    ),
    Control(
        "kernel.reverse-path",
        "A packet is dropped when its answer would leave by no, or by another, interface",
        "Addresses cannot be forged across interfaces.",
        "rp_filter is 1, or 2 (by any interface) where the host forwards",
        reference=CIS + "3.3.7",
        off="registry_hardening_forwarding",
    ),
    Control(
        "kernel.no-forwarding",
        "The host forwards no packets, where the settings do not say that it has to",
        "A host that is no router must not be used as one.",
        "ip_forward is 0; not applicable with registry_hardening_forwarding",
        reference=CIS + "3.3.1",
        off="registry_hardening_forwarding",
    ),
    _set(
        "redirects",
        "Nobody tells the host another route",
        "A neighbour could send its traffic by himself.",
        *_net("accept_redirects", 0, ipv6=True),
        *_net("secure_redirects", 0),
        reference="3.3.5 and 3.3.6",
    ),
    _set(
        "send-redirects",
        "The host tells nobody another route",
        "A host that is no router has no say.",
        *_net("send_redirects", 0),
        reference="3.3.2",
    ),
    _set(
        "source-routes",
        "Packets do not choose their own way",
        "They would go round filters.",
        *_net("accept_source_route", 0, ipv6=True),
        reference="3.3.8",
    ),
    _set(
        "martians",
        "Packets with impossible addresses are logged",
        "They are a sign of a wrong setting, or of an attack.",
        *_net("log_martians", 1),
        reference="3.3.9",
    ),
    _set(
        "broadcasts",
        "Pings to everybody, and bogus errors, are not answered",
        "The host takes no part in amplifying floods.",
        "net.ipv4.icmp_echo_ignore_broadcasts = 1",
        "net.ipv4.icmp_ignore_bogus_error_responses = 1",
        reference="3.3.3 and 3.3.4",
    ),
)
