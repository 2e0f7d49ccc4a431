"""What a server stores: scores, outcomes and API keys; and what became of the leads that it scored.

May import `scoring` and the rooms below. Start in `store.py`; `episodes.py` is the one rule by which an outcome belongs to
a score.
"""
