"""Name every generated file."""

from holdfast.schema.exit_codes import exit_codes_page
from holdfast.schema.generated import GENERATED
from holdfast.schema.metrics import metrics_page
from holdfast.schema.roles import roles_page
from holdfast.schema.verbs import verbs_page
from holdfast.verification.controls.document import controls_page

DOCUMENTS = {
    **GENERATED,
    "docs/controls.md": controls_page,
    "docs/exit-codes.md": exit_codes_page,
    "docs/metrics.md": metrics_page,
    "docs/roles.md": roles_page,
    "docs/verbs.md": verbs_page,
}
"""Every generated file, with the function that returns its text."""
