"""Published localizers, each a short definition that the project's own loop trains."""
