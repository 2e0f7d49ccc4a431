"""A CRM's record, read as a lead; an answer, written as the properties that the CRM takes back."""
