"""Proposed settings for a firm's export (`predictor init`): the role of each column and why. Start in `propose.py`."""
