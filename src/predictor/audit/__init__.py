"""The audit: coded findings about leads, each with its evidence; frames in, findings out."""

from predictor.audit.columns import audit_columns

__all__ = ["audit_columns"]
