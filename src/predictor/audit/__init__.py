"""Is this export fit to learn from: coded findings, each with its evidence; frames in, findings out.

May import `model` and the rooms below. Start in `run.py`; each check is a file of `checks`, and `propose`
proposes settings for an export (`predictor init`); it reads files.
"""
