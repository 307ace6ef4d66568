"""What `newsletter check` takes as given."""

from pydantic import Field

from newsletter.config.faults import Model
from newsletter.config.places import Host


class ChecksConfig(Model):
    """What the examination of the letters takes as given."""

    known_hosts: list[Host] = Field(
        default=[],
        description="Hosts of the own network that every reader knows and can open, such as the intranet's: letters may "
        "name them and link to them.",
        examples=["[intranet.acme.internal]"],
    )
