"""A CRM's export on its way to the two tables: its names, its stages, its acts."""
