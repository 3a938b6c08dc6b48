"""The rendered firewall in a network namespace: of IPv6 a network counts as one address."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from holdfast.rendering import render
from holdfast.settings import parse
from tests.skips import lacks

SCRIPT = """
set -e
ip link set lo up
for n in $(seq 20); do ip -6 address add 2001:db8:1:2::$n/128 dev lo nodad; done
for n in 1 2; do ip -6 address add 2001:db8:9:$n::1/128 dev lo nodad; done
nft -f {table}
python3 - <<'EOF'
import socket
listening = socket.socket(socket.AF_INET6)
listening.bind(("::", 22))
listening.listen(100)
def let_in(address):
    with socket.socket(socket.AF_INET6) as one:
        one.settimeout(0.1)
        one.bind((address, 0))
        return one.connect_ex(("2001:db8:9:1::1", 22)) == 0
print(sum(let_in(f"2001:db8:1:2::{{n}}") for n in range(1, 21) for _ in range(2)))
print(let_in("2001:db8:9:2::1"))
EOF
"""


def test_ssh_from_many_addresses_of_a_network_is_limited(tmp_path: Path) -> None:
    if os.geteuid() or not shutil.which("nft"):
        lacks("root", "nftables in a network namespace")
    settings = parse(
        {
            "registry_hostname": "registry.test.example",
            "registry_distribution_checksum": "sha256:" + "0" * 64,
            "registry_auth_users": [{"name": "alice", "password": "correct-horse-battery"}],
            "registry_hardening_profile": "host",
            "registry_hardening_ssh_per_minute": 6,
        }
    )
    table = tmp_path / "firewall.nft"
    text = render(settings)["hardening/firewall.nft"].content
    # All packets of this test are of the loopback, and this machine has none of our users.
    left_out = ('iif "lo" accept', "meta skuid")
    kept = [line for line in text.splitlines() if not line.strip().startswith(left_out)]
    table.write_text("\n".join(kept) + "\n")
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", SCRIPT.format(table=table)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, other = done.stdout.split()
    assert 6 <= int(count) <= 8, (done.stdout, done.stderr)
    assert other == "True"
