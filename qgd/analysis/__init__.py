"""Whether a training run is a candidate for the quantum solver: all that is known of it, in one."""
