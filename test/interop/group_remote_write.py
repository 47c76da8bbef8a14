# SPDX-License-Identifier: Apache-2.0
"""Prometheus, unmodified, watches the node and sends it what it sees by remote write; what
the node then has is what Prometheus has."""
import json
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, folder  # noqa: E402
from tap import Skip, case, demand, equal, until  # noqa: E402

HTTP, PEER = 8080, 9090
CONFIG = f"""node: {{name: works, prefix: 99.100.1}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{HTTP}", handle: []}}
sentry: {{capture: none}}
devices: []
"""
PEER_CONFIG = """global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: node
    authorization: {{credentials: "{token}"}}
    static_configs: [{{targets: ["127.0.0.1:{http}"]}}]
  - job_name: nobody
    static_configs: [{{targets: ["127.0.0.1:1"]}}]
remote_write:
  - url: http://127.0.0.1:{http}/prometheus/api/v1/write
    basic_auth: {{username: any, password: "{token}"}}
    queue_config: {{batch_send_deadline: 200ms}}
"""
state = {}


def start_peer(where):
    config = where / "prometheus.yml"
    config.write_text(PEER_CONFIG.format(token=state["node"].api.token, http=HTTP))
    log = open(where / "prometheus.log", "wb")
    return subprocess.Popen(["prometheus", f"--config.file={config}",
                             f"--storage.tsdb.path={where / 'tsdb'}",
                             f"--web.listen-address=127.0.0.1:{PEER}"],
                            stdout=log, stderr=log, preexec_fn=space.die_with_parent)


def ask_peer(query):
    """Series as Prometheus tells them: labels, and values by millisecond."""
    url = f"http://127.0.0.1:{PEER}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            found = json.load(reply)["data"]["result"]
    except urllib.error.URLError:  # not yet up, or replaying
        return []
    return [(row["metric"], {round(t * 1000): float(v) for t, v in row["values"]}) for row in found]


def text_of(labels):
    inner = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()) if k != "__name__")
    return labels["__name__"] + "{" + inner + "}"


def rows(labels):
    path = "/api/v1/points/" + urllib.parse.quote(text_of(labels), safe="") + "/samples"
    status, body = state["node"].api.call("GET", f"{path}?from_ms=0&limit=100000")
    return {t: v for t, v, _ in body["items"]} if status == 200 else {}


def same(query):
    """Everything Prometheus has of the query now is in the node, soon."""
    wanted = ask_peer(query)
    demand(wanted, query, "gives nothing")
    for labels, values in wanted:
        until(lambda: values.items() <= rows(labels).items(), 15, text_of(labels))
    return len(wanted)


def need_peer():
    if not state.get("peer"):
        raise Skip("prometheus cannot be had here")


@case
def prometheus_sends_what_it_scrapes():
    need_peer()
    until(lambda: any(len(v) > 4 for _, v in ask_peer('up{job="node"}[5m]')), 40, "five scrapes")
    count = same('{job="node"}[5m]')
    demand(count > 50, count)
    return subprocess.run(["prometheus", "--version"], capture_output=True, text=True,
                          check=True).stdout.split(" (")[0]


@case
def what_could_not_be_scraped_is_there_too():
    need_peer()
    equal(same('up{job="nobody"}[5m]'), 1, "series")


@case
def prometheus_counts_no_failure():
    need_peer()
    for name in ("samples_failed", "samples_dropped", "samples_retried"):
        for _, values in ask_peer(f"prometheus_remote_storage_{name}_total[1m]"):
            equal(max(values.values()), 0, name)


space.enter()
where = folder()
state["node"] = Node(where, CONFIG % where).start()
if shutil.which("prometheus"):
    state["peer"] = start_peer(where)
try:
    tap.main()
finally:
    if state.get("peer"):
        state["peer"].kill()
    state["node"].kill()
