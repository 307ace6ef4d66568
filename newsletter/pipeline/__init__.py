"""The straight way of the data: each function here is one prefix of it.

config -> collect -> snapshot -> facts -> compose -> render -> deliver. Only this package (and what
stands above it) knows more than one stage; the stages themselves never import one another.
"""

from newsletter.pipeline.drafting import (
    Draft,
    Material,
    Variant,
    build,
    compose_variant,
    drafted,
    facts_json,
    facts_of,
    numbers,
    renderer,
    variants,
)
from newsletter.pipeline.explaining import Earlier, Explanation, explain, where_told
from newsletter.pipeline.frozen import figures_to_enter, past_snapshots, read_snapshot
from newsletter.pipeline.letters import messages, sample_eml, sample_fields, sample_reader, write_build
from newsletter.pipeline.measuring import (
    collect_edition,
    freeze,
    measure,
    measured_too_little,
    remarks_on,
    write_textfile,
)
from newsletter.pipeline.months import SNAPSHOT_NAME, Progress, edition_folder, resolve_month
from newsletter.pipeline.obstacles import obstacles
from newsletter.pipeline.permission import (
    approved_words,
    incident_command,
    require_approval,
    require_explained,
    require_other_eyes,
    words_of,
    written_files,
)
from newsletter.pipeline.ratings import asked, ballots, close_ratings, closed_ratings, import_ratings, open_ratings
from newsletter.pipeline.readers import Audience, audience, require_steady_lists, variant_of
from newsletter.pipeline.sending import deliver, deliver_test, remember_told
from newsletter.pipeline.settled import settled

__all__ = [
    "SNAPSHOT_NAME",
    "Audience",
    "Draft",
    "Earlier",
    "Explanation",
    "Material",
    "Progress",
    "Variant",
    "approved_words",
    "asked",
    "audience",
    "ballots",
    "build",
    "close_ratings",
    "closed_ratings",
    "collect_edition",
    "compose_variant",
    "deliver",
    "deliver_test",
    "drafted",
    "edition_folder",
    "explain",
    "facts_json",
    "facts_of",
    "figures_to_enter",
    "freeze",
    "import_ratings",
    "incident_command",
    "measure",
    "measured_too_little",
    "messages",
    "numbers",
    "obstacles",
    "open_ratings",
    "past_snapshots",
    "read_snapshot",
    "remarks_on",
    "remember_told",
    "renderer",
    "require_approval",
    "require_explained",
    "require_other_eyes",
    "require_steady_lists",
    "resolve_month",
    "sample_eml",
    "sample_fields",
    "sample_reader",
    "settled",
    "variant_of",
    "variants",
    "where_told",
    "words_of",
    "write_build",
    "write_textfile",
    "written_files",
]
