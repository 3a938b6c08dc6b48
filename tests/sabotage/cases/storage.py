"""Images on the disk."""

from __future__ import annotations

from tests.sabotage.sabotage import REPOSITORY, Sabotage

STORE = "/srv/registry"
TAG = f"{REPOSITORY}/_manifests/tags/latest/current/link"
UPLOAD = f"{REPOSITORY}/_uploads/7a2dd1c5-0000-4000-8000-000000000000"
MANIFEST = f"d=$(cut -d: -f2 {TAG}); m=/srv/registry/docker/registry/v2/blobs/sha256/$(echo $d | cut -c1-2)/$d/data"


def mounted(name: str, red: str, options: str, do: str, says: str) -> Sabotage:
    """Return the sabotage that puts a small file system over the images."""
    mount = f"mount -t tmpfs -o {options},mode=0700 tmpfs {STORE}; {do}"
    return Sabotage(name, red, mount, f"umount {STORE}", says, ("storage.durable",))


CASES = [
    Sabotage(
        "a setuid file among images",
        "storage.special",
        f"install -m 4755 -o holdfast-registry -g holdfast-registry /bin/true {STORE}/x",
        f"rm {STORE}/x",
        f"{STORE}/x",
    ),
    Sabotage(
        "a link out of the store",
        "storage.special",
        f"ln -s /etc/shadow {STORE}/link; chown -h holdfast-registry: {STORE}/link",
        f"rm {STORE}/link",
        f"{STORE}/link",
    ),
    Sabotage(
        "a blob of another user",
        "storage.owners",
        "chown root $(blob)",
        "chown holdfast-registry $(blob)",
        "/data is not the registry's",
    ),
    Sabotage(
        "a blob that the proxy cannot read",
        "storage.readable",
        "chmod 0600 $(blob)",
        "chmod 0660 $(blob)",
        "/data cannot be read by the proxy",
    ),
    Sabotage(
        "a scrub that found a damaged blob",
        "storage.damage",
        "f=/var/lib/holdfast/jobs/scrub.json; [ -e $f ] || systemctl start holdfast-scrub.service; keep $f;"
        ' printf \'{"figures": {"damaged": [{"digest": "sha256:4f", "aside": true, "images": ["a/b:1"]}]}}\' > $f',
        "back /var/lib/holdfast/jobs/scrub.json",
        "a/b:1 cannot be pulled, for sha256:4f is damaged",
    ),
    Sabotage(
        "an empty blob",
        "storage.empty-blobs",
        "b=$(blob); keep $b; truncate -s 0 $b",
        "back $(blob)",
        "/data is empty",
    ),
    Sabotage(
        "a damaged blob",
        "storage.checksums",
        "b=$(blob); keep $b; printf X | dd of=$b bs=1 conv=notrunc status=none",
        "back $(blob)",
        "has another checksum",
    ),
    Sabotage(
        "a damaged link",
        "storage.links",
        f"keep {TAG}; printf sha256:abc > {TAG}",
        f"back {TAG}",
        "names no digest",
    ),
    Sabotage(
        "a tag that leads nowhere",
        "storage.tags",
        f"{MANIFEST}; mkdir -p /root/kept; mv $m /root/kept/manifest",
        f"{MANIFEST}; mv /root/kept/manifest $m",
        "names a manifest that is gone",
    ),
    Sabotage(
        "an upload that never ended",
        "storage.uploads",
        f"install -d -o holdfast-registry -g holdfast-registry {UPLOAD}; touch -d '-30 days' {UPLOAD}/startedat;"
        f" chown -R holdfast-registry: {REPOSITORY}/_uploads",
        f"rm -r {UPLOAD}",
        "startedat is older",
    ),
    Sabotage(
        "a write that was cut off",
        "storage.temporary",
        f"touch -d '-3 days' {STORE}/x.tmp; chown holdfast-registry: {STORE}/x.tmp",
        f"rm {STORE}/x.tmp",
        "x.tmp is older than a day",
    ),
    Sabotage(
        "a short secret",
        "storage.upload-secret",
        "f=/etc/holdfast/secrets/http.env; keep $f; echo REGISTRY_HTTP_SECRET=short > $f",
        "back /etc/holdfast/secrets/http.env",
        "found 5",
    ),
    mounted(
        "a full disk",
        "storage.space",
        "size=4M",
        f"dd if=/dev/zero of={STORE}/x bs=1M status=none || true; chown -R holdfast-registry: {STORE}",
        "found 0 %",
    ),
    mounted(
        "a disk without inodes",
        "storage.files",
        "size=4M,nr_inodes=2",
        f"touch {STORE}/x; chown -R holdfast-registry: {STORE}",
        "inodes",
    ),
    mounted(
        "images in memory",
        "storage.durable",
        "size=64M",
        f"chown holdfast-registry: {STORE}",
        "found tmpfs",
    ),
]
