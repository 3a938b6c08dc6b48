"""Name every generated file."""

from holdfast.monitoring.rules import rules_file
from holdfast.schema.alerts import alerts_page
from holdfast.schema.exit_codes import exit_codes_page
from holdfast.schema.generated import GENERATED
from holdfast.schema.metrics import metrics_page
from holdfast.schema.roles import roles_page
from holdfast.schema.verbs import verbs_page
from holdfast.verification.controls.document import controls_page

DOCUMENTS = {
    **GENERATED,
    "docs/alerts.md": alerts_page,
    "docs/controls.md": controls_page,
    "docs/exit-codes.md": exit_codes_page,
    "docs/metrics.md": metrics_page,
    "docs/roles.md": roles_page,
    "docs/verbs.md": verbs_page,
    "src/holdfast/monitoring/alerts.yml": rules_file,
}
"""Every generated file, with the function that returns its text."""
