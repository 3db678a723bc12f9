"""What is wrong with a set of labelled pictures, before a training finds out."""
