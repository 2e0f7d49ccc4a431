"""Requests and answers as pydantic models: what OpenAPI describes and what is validated."""
