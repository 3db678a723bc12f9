"""What others build to find one object in a picture, trained on the same folds as ours.

Each module rebuilds one published way in our own words, for the comparison alone. They share
MobileNetV2 with the weights of ours, the folds, the int8 conversion and the device's localizer.
"""
