"""Requests and answers as pydantic models, which are validated and which OpenAPI describes. Start in `requests.py`."""
