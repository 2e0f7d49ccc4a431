"""HTTP around the routes: limits, authentication, errors, metrics, pages."""
