"""Pages to look at: what a training made, and how good a model is."""
