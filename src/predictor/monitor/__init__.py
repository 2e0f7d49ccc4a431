"""Results: what became of the leads that were scored, whether promises were kept, and whether leads are still alike."""
