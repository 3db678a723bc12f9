"""The live page: what the device sees, in a browser."""
