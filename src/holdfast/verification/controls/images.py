"""Controls of pushes, pulls and deletes."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "images.push",
        "An image can be pushed",
        "It is the registry's purpose, with all other controls active.",
        "OCI Distribution 1.1, Push",
        depth="basic",
    ),
    Control(
        "images.pull",
        "The image can be pulled unchanged, by tag and by digest",
        "It is the registry's purpose, with all other controls active.",
        "OCI Distribution 1.1, Pull",
        depth="basic",
    ),
    Control(
        "images.gate",
        "Manifests pass the gate",
        "A garbage collection loses images whose manifests reach the registry in another way.",
    ),
    Control(
        "images.delete",
        "Deletes are allowed or not, as set",
        "A deployment cannot start a deleted image.",
        off="registry_storage_delete: true",
    ),
    Control(
        "images.chunks",
        "A layer can be pushed in parts",
        "Clients do so with large ones.",
        "OCI Distribution 1.1, Pushing a blob in chunks",
    ),
    Control(
        "images.range",
        "A part of a layer can be pulled",
        "Clients resume interrupted downloads.",
        "RFC 9110, 14",
    ),
    Control(
        "images.head",
        "A layer's existence can be checked without pulling it",
        "Clients skip existing layers.",
        "OCI Distribution 1.1, Checking if content exists",
    ),
    Control(
        "images.digest",
        "A layer with another digest than its own is refused",
        "Content damaged in transit must not become an image.",
        "OCI Distribution 1.1, Pushing Blobs",
    ),
    Control(
        "images.unknown-blob",
        "A manifest with missing layers is refused",
        "The image could not be pulled.",
        "OCI Distribution 1.1, Pushing Manifests",
    ),
    Control(
        "images.own-repository",
        "A layer is served only in its own repositories",
        "A user of one repository could pull from all others by known digests.",
        "OCI Distribution 1.1, Pulling blobs",
    ),
    Control(
        "images.from-disk",
        "The proxy sends layers itself, where this makes no difference to clients",
        "The registry would send them at half the speed, and for twice the processor's time.",
        off="registry_proxy_direct_blobs: false",
        check="of the layers in the last lines of the access log some did not come by the registry",
    ),
    Control(
        "images.absent",
        "A missing image is answered with 404",
        "Clients understand only 404.",
        "OCI Distribution 1.1, Pull",
    ),
    Control(
        "images.parallel",
        "Many can push at once",
        "A single push does not reveal workers that hang.",
        depth="hardening",
    ),
)
