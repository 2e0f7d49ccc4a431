"""The store: what was promised of each lead, on what it rested, and what came of it; none lost, none twice, no e-mail."""

from predictor.store.database import Database
from predictor.store.keeper import Erasure, Store
from predictor.store.records import Answered
from predictor.store.schema import OutcomeKind

__all__ = ["Answered", "Database", "Erasure", "OutcomeKind", "Store"]
