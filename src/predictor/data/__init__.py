"""From a firm's export to two checked tables: leads and their events. Start in `load.py`.

`read` opens files and databases, `crm` translates a CRM's export, `leads.py` and `events` hold the contract of the two
tables. May import `core` only.
"""
