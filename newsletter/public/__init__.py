"""The pages that readers open: leaving the list, past editions. Each page is a module with `routes(site)`; see `app`."""

from newsletter.public.server import Listening, serve

__all__ = ["Listening", "serve"]
