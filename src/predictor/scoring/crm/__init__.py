"""A record as a CRM sends it, read as a lead; an answer, written as the properties that the CRM takes back."""
