"""What does a person type? Commands over the rules; the work is done in the rooms below."""
