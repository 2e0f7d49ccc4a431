"""The audit: coded findings about leads, each with its evidence; frames in, findings out."""

from predictor.audit.columns import audit_columns
from predictor.audit.study import audit_study, gather_findings, list_refusals, refuse_errors

__all__ = ["audit_columns", "audit_study", "gather_findings", "list_refusals", "refuse_errors"]
