"""What a device needs: a frame in, a box out. Never TensorFlow, never Keras."""
