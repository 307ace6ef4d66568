"""A help desk's CSV export: the numbers of a month from it, or counters for Prometheus."""
