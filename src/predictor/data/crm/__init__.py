"""A CRM's export, translated: its field names, stages and activities, each CRM a data file in `maps` and `exports`."""
