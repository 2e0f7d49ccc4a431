"""Points and model side by side, for people: the page, the card, the summary, tables and plots.

May import `model` and the rooms below. Start in `compare/comparison.py` (the tables) and `page/render.py` (the page).
"""
