"""From settings to a bundle that may serve.

May import every room but `cli`. Start in `train.py`, which tells the whole story; `dataset.py` is what it learns from.
"""
