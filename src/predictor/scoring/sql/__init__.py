"""A saved model as SQL, so that a warehouse scores where its tables are.

May import `scoring` and the rooms below; nothing imports it but the command line. Start in `query.py`: a chain of stages, each a
SELECT over the one before. What differs between dialects is in `dialects.py` alone.
"""
