"""A saved model that answers, for one lead, a batch or a table, with the same probability.

May import `model` and the rooms below. Start in `scorer.py`; `batch.py` is for tables, and alone loads Ibis.
"""
