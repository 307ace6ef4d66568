"""A monthly email newsletter that an IT department writes from its monitoring data."""

__version__ = "0.1.0"
