"""Where the figures and pictures of a training go while it runs."""
