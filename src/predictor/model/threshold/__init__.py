"""The threshold: a table of what each would give, the policies that recommend one, and the verdict on a gate."""
