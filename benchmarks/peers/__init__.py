"""Other engines on the same files and tokens; `runner.measure_peers` runs them."""
