"""What is said to those who ask strangely."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "http.redirect",
        "http leads to https at the fixed name",
        "A redirect to the Host that was sent could be made to lead elsewhere.",
    ),
    Control("http.plain", "The TLS port speaks TLS only", "A login would travel in clear."),
    Control(
        "http.forwarded",
        "A load balancer that was asked without TLS is sent back",
        "Otherwise it would pass on what came in clear.",
    ),
    Control(
        "http.health",
        "Health is told to everybody, and nothing more",
        "Load balancers and monitors ask without a login.",
        depth="basic",
    ),
    Control(
        "http.challenges",
        "The place of ACME challenges leads nowhere else",
        "It is served in clear, from a directory of the host.",
    ),
    Control(
        "http.host",
        "Requests for another host are refused",
        "Answers that follow a forged Host poison caches and lead clients astray.",
        "OWASP WSTG-INPV-17",
    ),
    Control(
        "http.methods",
        "Methods that the API does not have are refused",
        "They are for trying out.",
        "OWASP WSTG-CONF-06",
    ),
    Control(
        "http.paths",
        "There is nothing beside the API: no metrics, no profiles, no status",
        "Such pages tell of memory, other clients and configuration.",
        "OWASP WSTG-CONF-05",
    ),
    Control(
        "http.headers",
        "Browsers are told to be careful",
        "A manifest or blob that is opened in a browser must not run as a page.",
        "OWASP Secure Headers Project",
    ),
    Control("http.version", "No version is told", "It tells which holes to try.", "CWE-200"),
    Control(
        "http.origins",
        "Scripts of other sites get nothing",
        "A page could pull with the login that its visitor's browser keeps.",
        "OWASP WSTG-CLNT-07",
    ),
    Control(
        "http.location",
        "Uploads go to the fixed name, whatever a client's headers say",
        "A forged one sends the layer, and the login, elsewhere.",
        "OWASP WSTG-INPV-17",
    ),
)
