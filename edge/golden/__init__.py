"""Golden examples: pictures in the model file, and what the file answered on the workstation.

Replayed on the device, with the runtime and the delegate that will serve, they show that colours,
range, resize, labels, outputs and decoding are still what they were.
"""
