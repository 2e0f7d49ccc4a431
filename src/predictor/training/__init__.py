"""From settings to a bundle that may serve.

May import every room but `cli`. Start in `train.py`, which is the whole story; `dataset.py` holds the data.
"""
