"""Run a real S3 server (versitygw) on a test host, with TLS and its own host name.

It is a unit of the host: `systemctl stop s3` simulates a server that is down.
"""

from __future__ import annotations

from datetime import UTC, datetime

from holdfast.certificates import Authority
from testhosts import binary
from testhosts.host import Host

NAME, PORT = "s3.holdfast.test", 7070
ENDPOINT = f"https://{NAME}:{PORT}"
REGION, BUCKET = "eu-central-1", "images"
ACCESS_KEY, SECRET_KEY = "holdfast-root", "hush-root-0123456789"
DAYS = 9

_START = f"""
set -e; umask 077; mkdir -p /root/s3/iam /root/s3/data/{BUCKET}; cd /root/s3
grep -q {NAME} /etc/hosts || echo "127.0.0.1 {NAME}" >> /etc/hosts
printf 'ROOT_ACCESS_KEY=%s\\nROOT_SECRET_KEY=%s\\n' {ACCESS_KEY} {SECRET_KEY} > environment
cat > /etc/systemd/system/s3.service <<X
[Service]
EnvironmentFile=/root/s3/environment
ExecStart=/usr/local/bin/versitygw --quiet --port :{PORT} --region {REGION} \\
  --iam-dir /root/s3/iam --cert /root/s3/server.pem --key /root/s3/server.key posix /root/s3/data
X
systemctl daemon-reload; systemctl restart s3
for i in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/{PORT}) 2>/dev/null && break; sleep 0.1; done
"""


def serve(host: Host) -> str:
    """Start the server; return the authority of its certificate as PEM."""
    host.send(binary.tool("versitygw"), "/usr/local/bin/versitygw")
    now = datetime.now(UTC)
    authority = Authority.create("s3 of a test host", DAYS, now)
    pair = authority.issue(NAME, DAYS, now)
    host.run("mkdir -p -m 700 /root/s3; cat > /root/s3/server.pem", text=pair.certificate_pem)
    host.run("umask 077; cat > /root/s3/server.key", text=pair.key_pem)
    host.run("bash -s", text=_START)
    return authority.root_pem


def settings(ca: str) -> dict[str, object]:
    """Return the settings of an inventory that uses it."""
    return {
        "registry_storage_driver": "s3",
        "registry_storage_region": REGION,
        "registry_storage_bucket": BUCKET,
        "registry_storage_endpoint": ENDPOINT,
        "registry_storage_access_key": ACCESS_KEY,
        "registry_storage_secret_key": SECRET_KEY,
        "registry_service_ca": ca,
    }
