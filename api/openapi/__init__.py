"""The OpenAPI description: examples, CRM records, and the page to try out the API. Start in `describe.py`."""
