"""The label page: a person draws boxes in a browser, one picture at a time."""
