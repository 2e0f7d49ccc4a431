"""Events: what a lead did and when. The contract, one table of them all, and the history of one lead."""
