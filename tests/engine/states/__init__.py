"""Programs whose states are stored at each release, with these states. A release's folder never changes."""
