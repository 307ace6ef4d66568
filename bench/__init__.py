"""Side-by-side benchmarks: ratios of paired runs on one machine, never absolute promises."""
