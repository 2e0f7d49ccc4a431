"""What leads did and when. Start in `contract.py`, which checks a table of events.

`event_cells.py` parses raw cells, `table.py` prepares events on a backend of Ibis, `history.py` holds the events of one lead.
May import `core` and the modules of `data` beside this folder, but neither `read` nor `crm`.
"""
