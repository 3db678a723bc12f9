"""From labelled photos to a trained localizer; stands on ``edge``."""
