"""Programs whose states are stored at each release, and those states; what is in a release's folder never changes."""
