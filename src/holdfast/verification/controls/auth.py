"""Who gets in, and who does not."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "auth.asked",
        "A login is asked for, in the way of the settings",
        "Clients send none until they are asked.",
        "RFC 7235, 4.1",
        depth="basic",
    ),
    Control(
        "auth.asked-for-token",
        "A token is asked for, of the issuer and for the service of the settings",
        "Clients get one where they are told to.",
        "RFC 6750, 3",
        depth="basic",
        off="registry_auth_mode: htpasswd or none",
    ),
    Control(
        "auth.forged-token",
        "Tokens that no trusted key signed do not get in",
        "Whoever can make tokens may do everything.",
        "RFC 8725, 3.1",
        depth="basic",
        off="registry_auth_mode: htpasswd or none",
    ),
    Control(
        "auth.closed",
        "Nothing is given and nothing taken without a login",
        "Anybody could pull images, or replace them.",
        "NIST SP 800-190 4.2.3",
        depth="basic",
    ),
    Control(
        "auth.right-password",
        "The right password gets in",
        "Users need to.",
        depth="basic",
    ),
    Control(
        "auth.wrong-password",
        "A wrong password does not get in",
        "That is what a password is for.",
        depth="basic",
    ),
    Control(
        "auth.empty-password",
        "A user without a password does not get in",
        "Some servers take an empty one for anonymous.",
        "RFC 4513, 5.1.2",
    ),
    Control(
        "auth.unknown-user",
        "An unknown user does not get in",
        "Only those of the settings may.",
    ),
    Control(
        "auth.open",
        "Everybody gets in where the settings want that, and nowhere else",
        "A registry that is open by mistake asks nobody.",
        "NIST SP 800-190 4.2.3",
        off="registry_auth_mode: none",
    ),
    Control(
        "auth.paths",
        "No way of writing a path goes past the login",
        "Proxy and registry could read one path as two.",
        "OWASP WSTG-ATHZ-01",
    ),
    Control(
        "auth.uploads",
        "Uploads of others are closed",
        "Who knows the number of an upload could end it with other bytes.",
    ),
    Control(
        "auth.other-schemes",
        "Other kinds of logins get nowhere",
        "A server may take what it does not understand for nothing to check.",
    ),
    Control(
        "auth.odd-logins",
        "Logins that are none are refused",
        "A parser that stumbles must not open the door.",
        "CWE-287",
    ),
    Control(
        "auth.two-logins",
        "Two logins at once are refused",
        "Proxy and registry could each look at another one.",
        "RFC 9110, 5.3",
    ),
    Control(
        "auth.forged-names",
        "A name in a header is no login",
        "Registries behind a login of their own trust such headers.",
        "CWE-290",
    ),
    Control(
        "auth.known-passwords",
        "Logins of examples are refused",
        "They are what is tried first.",
        "OWASP WSTG-ATHN-02",
    ),
    Control(
        "auth.asking-is-free",
        "To be asked for a login costs no attempt",
        "Every pull of docker begins without one: a limit on guesses must not count it.",
    ),
    Control(
        "auth.hashes",
        "Passwords are kept as bcrypt hashes of cost 10 at least",
        "Other hashes are guessed by the billion.",
        "OWASP Password Storage Cheat Sheet",
    ),
    Control(
        "auth.users",
        "The users on the host are those of the settings",
        "One more is a way in that no inventory shows.",
        "NIST SP 800-53 AC-2",
    ),
)
