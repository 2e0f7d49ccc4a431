"""How findings of the audit say shares and what to do, so that all of them read alike."""

from __future__ import annotations

from predictor.audit.view import Column

LEAK = "Name it in roles.ignore; if the value was known before the lead became an MQL, accept the finding in [audit]."
LEFT_OUT = "It is no feature as it is: {why}. Leave it so; roles.allow would take it back."


def describe_leak(column: Column) -> str:
    """What to do about a column that tells what came of a lead.

    Whether it is a feature decides: one that is left out by its name harms nothing until somebody takes it back.
    """
    return LEAK if column.left is None else LEFT_OUT.format(why=column.left)
