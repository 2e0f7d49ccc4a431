"""The service behind the routes: the model that answers, micro-batches, CRM records. Start in `service.py`."""
