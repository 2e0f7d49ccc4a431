"""The service behind the routes: the model that answers, leads scored together, CRM records."""
