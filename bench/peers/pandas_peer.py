"""The Prometheus client's own way: all samples in day chunks, then a mean in pandas. Arguments: URL, start, end."""

import json
import sys
from datetime import UTC, datetime, timedelta

import pandas as pd
from prometheus_api_client import PrometheusConnect

url, start, end = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
chunks = PrometheusConnect(url=url).get_metric_range_data(
    "probe_success",
    start_time=datetime.fromtimestamp(start, UTC),
    end_time=datetime.fromtimestamp(end, UTC),
    chunk_size=timedelta(days=1),
)
everything = pd.concat(
    pd.DataFrame(chunk["values"], columns=["at", "up"]).assign(service=chunk["metric"]["service"]) for chunk in chunks
)
share = everything["up"].astype(float).groupby(everything["service"]).mean()
print(json.dumps({name: (1 - up) * (end - start) for name, up in share.items()}))
