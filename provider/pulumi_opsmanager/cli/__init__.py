"""What does a person type? Arguments and words; the work is done elsewhere."""
