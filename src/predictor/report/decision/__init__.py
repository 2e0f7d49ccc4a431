"""The decision: keep the points, change their gate, use learned points or the model, and the sentences that say so everywhere."""
