"""A seeded business-to-business firm that knows the true probability of each of its leads.

Who the leads are is in `people`, what they do in `events`, when they are handed over in `gate`, the law of acceptance in
`truth`, what sales makes of them in `outcomes`. Start in `firm.py`; `files.py` writes it down.
"""
