"""From a firm's export to two checked tables: leads, and what they did (events).

Files are read in `read`, a CRM's export is translated in `crm`, and `leads.py` and `events` hold the contract that every
table must keep. May import `core`. Start in `load.py`.
"""
