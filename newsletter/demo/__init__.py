"""The whole line on sample data, without anything to set up."""
