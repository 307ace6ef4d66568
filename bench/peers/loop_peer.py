"""One `avg_over_time` query a service, 31 days back from the end. Arguments: URL, start, end, services."""

import json
import sys

from prometheus_api_client import PrometheusConnect

url, start, end = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
client = PrometheusConnect(url=url)
found = {}
for service in sys.argv[4:]:
    query = f'avg(avg_over_time(probe_success{{service="{service}"}}[31d]))'
    answer = client.custom_query(query, params={"time": end})
    found[service] = (1 - float(answer[0]["value"][1])) * (end - start)
print(json.dumps(found))
