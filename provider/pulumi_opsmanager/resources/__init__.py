"""What does a program declare? Typed inputs, documented outputs, no logic."""
