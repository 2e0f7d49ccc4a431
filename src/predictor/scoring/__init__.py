"""A saved model, answering: for one lead, a batch or a table, to the same probability.

May import `model` and the rooms below; loads neither training, plots nor the history backend. Start in `scorer.py`.
"""
