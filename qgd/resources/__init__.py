"""What a run costs, counted before anything is run."""
