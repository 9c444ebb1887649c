"""What a zygote does before it serves, and what a copy of it has to repair."""
