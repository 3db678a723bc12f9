"""From a trained localizer to a file for the device; stands on ``train`` and ``edge``."""
