"""The hand-set score: a rule book awards points to one lead or to a whole table, to the same number.

May import `core` and `data`. Start in `rulebook.py`; `award.py` scores one lead, `award_table.py` a table (it loads Ibis,
which serving never needs), `fit_points.py` learns better points.
"""
