"""What a lead was known by at the moment of decision, as numbers: one definition for a table and for one lead."""
