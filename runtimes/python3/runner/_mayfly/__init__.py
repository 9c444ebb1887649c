"""The runner, as boots and copies of a zygote share it. Functions find it under this name, and their own modules first."""
