"""Units: what runs, and how little it may do."""

from __future__ import annotations

from dataclasses import replace

from tests.sabotage.sabotage import Sabotage, unit

PROXY, REGISTRY = "holdfast-proxy.service", "$(registry)"
OPEN = r"SystemCallFilter=\nSystemCallArchitectures=\nRestrictAddressFamilies=\nRestrictNamespaces=no\nRestrictRealtime=no\nRestrictSUIDSGID=no\nLockPersonality=no\nMemoryDenyWriteExecute=no\nProtectKernelModules=no\nProtectKernelLogs=no\nProtectKernelTunables=no\nProtectClock=no\nProtectHostname=no\nPrivateDevices=no\nNoNewPrivileges=no"
"""Without any of the properties that systemd makes a filter of system calls from, or that are
without effect beside one."""

CASES = [
    Sabotage(
        "a timer that was stopped",
        "units.timer",
        "systemctl stop holdfast-certificates.timer",
        "systemctl start holdfast-certificates.timer",
        "holdfast-certificates.timer is inactive",
        ("units.active",),
    ),
    Sabotage(
        "a target that is not started at boot",
        "units.boot",
        "rm /etc/systemd/system/multi-user.target.wants/holdfast.target; systemctl daemon-reload",
        "ln -s /etc/holdfast/current/systemd/holdfast.target"
        " /etc/systemd/system/multi-user.target.wants/holdfast.target; systemctl daemon-reload",
        "is not started at boot",
    ),
    Sabotage(
        "a proxy that is not started at boot",
        "units.boot",
        "mkdir -p /root/kept; mv /etc/systemd/system/holdfast.target.wants/holdfast-proxy.service /root/kept/want;"
        " systemctl daemon-reload",
        "mv /root/kept/want /etc/systemd/system/holdfast.target.wants/holdfast-proxy.service; systemctl daemon-reload",
        "does not start holdfast-proxy.service",
    ),
    Sabotage(
        "a registry that was stopped",
        "units.active",
        "systemctl stop $(registry)",
        "systemctl start $(registry); sleep 0.3",
        "is inactive",
        ("units.one-generation", "units.shell"),
        too=("units.processes",),
    ),
    Sabotage(
        "a check of logins that was stopped",
        "units.active",
        "systemctl stop $(logins)",
        "systemctl start $(logins); sleep 0.3",
        "holdfast-logins@",
        ("units.one-generation", "units.processes"),
    ),
    Sabotage(
        "an old generation that runs on",
        "units.one-generation",
        "systemctl start holdfast-registry@1.service",
        "systemctl stop holdfast-registry@1.service",
        "holdfast-registry@1.service",
    ),
    Sabotage(
        "a drop-in",
        "units.as-deployed",
        f"dropin {PROXY} Nice=5",
        f"plain {PROXY}",
        "is changed by /run/systemd/system",
    ),
    Sabotage(
        "a unit that was edited",
        "units.as-deployed",
        "f=/etc/holdfast/current/systemd/holdfast-proxy.service; keep $f; sleep 1; echo '# by hand' >> $f",
        "back /etc/holdfast/current/systemd/holdfast-proxy.service; systemctl daemon-reload",
        "before it was last changed",
    ),
    Sabotage(
        "a unit in the place of ours",
        "units.as-deployed",
        "cd /etc/systemd/system; mkdir -p /root/kept; cp -L holdfast-proxy.service /root/kept/copy;"
        " mv holdfast-proxy.service /root/kept/link; cp /root/kept/copy holdfast-proxy.service; systemctl daemon-reload",
        "mv -f /root/kept/link /etc/systemd/system/holdfast-proxy.service; systemctl daemon-reload",
        "is not from generation",
    ),
    unit("a proxy that stays down", "units.restart", PROXY, "Restart=no", "Restart is no"),
    unit(
        "a check of logins as nobody",
        "units.users",
        "$(logins)",
        r"User=nobody\nExecStartPost=\nExecStopPost=",
        "not as holdfast-logins",
        "units.exposure",
    ),
    unit(
        "a capability",
        "units.capabilities",
        REGISTRY,
        r"CapabilityBoundingSet=CAP_NET_RAW\nAmbientCapabilities=CAP_NET_RAW",
        "has capabilities",
        "units.exposure",
    ),
    replace(
        unit(
            "every system call",
            "units.system-calls",
            PROXY,
            OPEN,
            "may make any system call",
            "units.exposure",
        ),
        too=("units.new-rights",),
    ),
    unit(
        "a registry with the host's network",
        "units.network",
        REGISTRY,
        r"PrivateNetwork=no\nRestrictAddressFamilies=AF_UNIX AF_INET",
        "shares the host's network",
        "units.exposure",
    ),
    unit(
        "a proxy that can write everywhere",
        "units.read-only",
        PROXY,
        r"ProtectSystem=no\nProtectHome=no",
        "can write the root",
        "units.exposure",
    ),
    unit(
        "a shell beside the registry",
        "units.shell",
        REGISTRY,
        "BindReadOnlyPaths=/usr/bin:/bin",
        "sees /bin/sh",
    ),
    unit(
        "memory that is written to disk",
        "units.core-dumps",
        PROXY,
        "LimitCORE=infinity",
        "may dump core",
    ),
    unit("few open files", "units.open-files", PROXY, "LimitNOFILE=1024", "may open fewer"),
    unit("workers that wait", "units.accept", PROXY, "NonBlocking=no", "waits on port 443"),
    unit(
        "a secret in the environment",
        "units.environment",
        REGISTRY,
        "Environment=REGISTRY_HTTP_SECRET=abcdefabcdef",
        "has a secret in Environment=",
    ),
    unit(
        "a password in a command line",
        "units.command-lines",
        PROXY,
        r'ExecStart=\nExecStart=/usr/sbin/nginx -e stderr -c /etc/holdfast/current/proxy/nginx.conf -g "daemon off; env P=correct-horse-battery;"',
        "has a secret among its arguments",
    ),
    unit("a stop that does not wait", "units.drain", REGISTRY, "TimeoutStopSec=5", "5 s"),
    unit(
        "a sandbox with a hole",
        "units.exposure",
        PROXY,
        r"PrivateDevices=no\nProtectKernelTunables=no\nProtectKernelLogs=no\nProtectClock=no\nProtectHostname=no",
        "is exposed",
    ),
    Sabotage(
        "a property that was changed at run time",
        "units.sandbox",
        f"dropin {PROXY} ProtectProc=default",
        f"plain {PROXY}",
        "ProtectProc is default",
        ("units.as-deployed", "units.exposure"),
    ),
    Sabotage(
        "memory without a bound",
        "units.sandbox",
        "dropin $(registry) MemoryMax=infinity",
        "plain $(registry)",
        "MemoryMax is infinity",
        ("units.as-deployed",),
    ),
    Sabotage(
        "any number of threads",
        "units.sandbox",
        "dropin $(registry) TasksMax=infinity",
        "plain $(registry)",
        "TasksMax is infinity",
        ("units.as-deployed",),
    ),
    Sabotage(
        "a registry that dies again and again",
        "units.stable",
        "for i in 1 2 3 4; do systemctl kill -s KILL $(registry); sleep 1.3; done",
        "systemctl reset-failed $(registry); systemctl restart $(registry); sleep 0.3",
        "died 4 times",
    ),
    Sabotage(
        "care for certificates that fails",
        "units.failed",
        r"dropin holdfast-certificates.service 'ExecStart=\nExecStart=/bin/false';"
        " systemctl start holdfast-certificates.service || true",
        "plain holdfast-certificates.service; systemctl reset-failed",
        "holdfast-certificates.service failed",
        ("units.as-deployed",),
    ),
    Sabotage(
        "the package's own registry",
        "units.packages",
        "rm /etc/systemd/system/docker-registry.service; systemctl daemon-reload;"
        " systemctl start docker-registry",
        "systemctl stop docker-registry; ln -s /dev/null /etc/systemd/system/docker-registry.service;"
        " systemctl daemon-reload; systemctl reset-failed",
        "docker-registry.service active",
    ),
]
