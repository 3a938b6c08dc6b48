"""Controls of the images on disk: location, permissions and integrity."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "storage.space",
        "There is enough free space for images",
        "A full disk ends every push, and a partial upload keeps it full.",
        off="registry_storage_minimum_free_percent: 0",
    ),
    Control(
        "storage.files",
        "There are enough free inodes",
        "A disk without inodes is as good as full.",
    ),
    Control(
        "storage.mount",
        "The directory of the images is a mount of its own, where it should be",
        "Images then cannot fill the disk of the system, nor can a lost mount hide them.",
    ),
    Control(
        "storage.redirect",
        "Blobs come from the registry or from its storage, as set",
        "Clients that cannot reach the storage cannot pull when they are sent there.",
        off="registry_storage_redirect: true",
    ),
    Control(
        "storage.readonly",
        "Pushes are taken or refused, as set",
        "A registry that a move left read-only accepts no image.",
    ),
    Control(
        "storage.durable",
        "Images are stored on a disk, not in memory",
        "A reboot would lose them.",
    ),
    Control(
        "storage.owners",
        "Every file of the store is the registry's",
        "It could not delete other files, and other users could change them.",
        facts=("store",),
    ),
    Control(
        "storage.readable",
        "The proxy can read the images that it sends itself",
        "The registry sends the others: at half the speed, and for twice the processor's time.",
        off="registry_proxy_direct_blobs: false",
        facts=("store",),
    ),
    Control(
        "storage.special",
        "There are only files and directories in the store",
        "A link could redirect a write; a setuid file may be a backdoor.",
        "CIS Debian 12, 7.1.13",
        facts=("store",),
    ),
    Control(
        "storage.damage",
        "The last scrub found no damaged image",
        "An image with a damaged blob cannot be pulled until somebody pushes it again.",
    ),
    Control(
        "storage.backup",
        "The last backup is not older than registry_backup_within",
        "With the disk all images and keys are lost that no backup has.",
    ),
    Control(
        "storage.proven-backup",
        "The last backup that a drill restored is not older than registry_backup_within",
        "Of a backup that nobody has restored it is not known that it can be.",
    ),
    Control(
        "storage.empty-blobs",
        "No blob is empty, unless its digest is that of nothing",
        "A power cut without fsync leaves them; clients are served nothing, with 200.",
        facts=("store",),
    ),
    Control(
        "storage.links",
        "Links of the store name digests",
        "A damaged one ends garbage collection, and answers 500.",
        facts=("store",),
    ),
    Control(
        "storage.tags",
        "Tags lead to manifests that are there",
        "A pull by tag would fail.",
        facts=("store",),
    ),
    Control(
        "storage.uploads",
        "Uploads that never ended are purged",
        "They fill the disk.",
        facts=("store",),
    ),
    Control(
        "storage.temporary",
        "Nothing temporary stays in the store",
        "It is the rest of an interrupted write.",
        facts=("store",),
    ),
    Control(
        "storage.checksums",
        "Blobs of a sample match their digests",
        "A damaged one is served with 200, and a push does not repair it.",
        "NIST SP 800-53 SI-7",
        depth="hardening",
        facts=("checksums",),
    ),
    Control(
        "storage.upload-secret",
        "Uploads are signed with a long secret",
        "Anyone who guesses it can forge the state of an upload.",
    ),
)
