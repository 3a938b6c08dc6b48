"""Controls of files on the host: contents, owners and permissions."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "files.contents",
        "The generation's files have the contents that the settings give",
        "A change by hand is lost at the next deploy, or was not yours.",
        "NIST SP 800-53 SI-7",
    ),
    Control(
        "files.owners",
        "The generation's files have the owners and modes that they should",
        "What a service can write, its attacker can change for good.",
        "CIS Docker 3",
    ),
    Control("files.added", "Nothing was added to the generation", "nginx would include it."),
    Control(
        "files.private",
        "Other users cannot read the configuration, and only root can write it",
        "It names users and the locations of secrets.",
        "CIS Docker 3",
    ),
    Control(
        "files.secrets",
        "Secrets can be read only by the accounts that need them",
        "The upload secret or a hash would give others access.",
        "NIST SP 800-53 SC-28",
    ),
    Control(
        "files.key",
        "Certificates and keys are the proxy's alone",
        "Anyone with the key can impersonate the registry.",
        "BSI TR-02102-2, 5",
    ),
    Control(
        "files.data",
        "The directory of the images is the registry's, and nobody else but the proxy may read it",
        "Images hold code and secrets; to read them there takes no login.",
        check="the proxy where it sends blobs itself: docs/blobs.md",
    ),
    Control(
        "files.log",
        "The access log is not for everybody",
        "It shows who pulls what from where.",
    ),
    Control(
        "files.run",
        "Sockets are accessible only to the proxy",
        "Access to the registry's socket needs no login.",
    ),
    Control(
        "files.state",
        "Directories have the owners and modes that they should",
        "The next start would run files that were placed there.",
        "CIS Docker 3",
    ),
    Control(
        "files.special",
        "The configuration has no device, socket, pipe or setuid file",
        "They do not belong there, and may be a backdoor.",
        "CIS Debian 12, 7.1.13",
    ),
    Control(
        "files.accounts",
        "Accounts of services have no shell, no password and no other group",
        "They are for services alone.",
        "CIS Debian 12, 5.4.2.7",
    ),
    Control(
        "files.groups",
        "Nobody else is in the groups of services",
        "Members of them read keys and reach the registry past the login.",
    ),
)
