"""What was known of a lead at its `as_of`, as numbers: one definition for a table and for one lead.

May import `core`, `data` and `points`. Start in `event_features.py` (which features there are), then `assemble.py` (one row
a lead) and `encode.py` (the matrix).
"""
