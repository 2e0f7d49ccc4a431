"""A seeded business-to-business firm whose true probabilities are known.

May import `core`, `data` and `points`. Start in `firm.py`; `people`, `events`, `gate`, `truth` and `outcomes` draw its parts,
and `files.py` writes it to a folder.
"""
