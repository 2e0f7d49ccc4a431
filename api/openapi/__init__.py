"""The description of the API: examples, CRM records, the page to try it at."""
