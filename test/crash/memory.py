# SPDX-License-Identifier: Apache-2.0
"""What a client remembers of a node: what it tried, what was acknowledged, and whether
a node that came back still tells the same."""
import threading

from tap import demand, equal

PREFIX = "99.100.1/kill-"
POINTS = ("FRM1.VOLT", "COAT1.WEIGHT", "CAL1.FORCE")
SET_POINTS = ("FRM1.V_SET", "FRM2.V_SET", "FRM3.V_SET", "FRM4.V_SET")
FOR_EVER = 1 << 42


class Memory:
    def __init__(self, chance):
        self.chance = chance
        self.tried_names, self.names = {}, {}
        self.tried_orders, self.orders = {}, {}
        self.samples = {point: {} for point in POINTS}
        self.fresh_names, self.fresh_orders = [], []
        self.invented = 0

    # While the node lives.

    def make_name(self, api):
        name = f"{PREFIX}{len(self.tried_names):06d}"
        text = f"http://127.0.0.1/{self.chance.randrange(1 << 30)}"
        self.tried_names[name] = text
        status, body = api.put_name(name, text)
        if status == 201:
            self.names[name] = text
            self.fresh_names.append(name)
        else:
            demand(status == 503, f"{name}: {status} {body}")

    def give_order(self, api):
        key = f"order-{len(self.tried_orders)}"
        point = self.chance.choice(SET_POINTS)
        value = 3 + self.chance.randrange(100) / 100
        self.tried_orders[key] = (point, value)
        status, body = api.order(point, value, key)
        if status == 200:
            equal(body["state"], "verified", key)
            self.orders[key] = (point, value)
            self.fresh_orders.append(key)

    def look_at_samples(self, api):
        point = self.chance.choice(POINTS)
        seen = self.samples[point]
        begin = max(seen, default=0)
        for time, value in samples_of(api, point, begin, FOR_EVER):
            seen[time] = value

    # After it came back.

    def check_fresh(self, api):
        """What was acknowledged since the last look is there."""
        for name in self.fresh_names:
            status, body = api.call("GET", api.name_path(name))
            equal(status, 200, f"acknowledged {name}")
            url = [v["data"]["value"] for v in body["values"] if v["type"] == "URL"]
            equal(url, [self.names[name]], name)
        known = {c["id"]: c for c in api.get("/api/v1/commands?limit=200")["items"]}
        for key in self.fresh_orders[-150:]:
            demand(key in known, f"acknowledged {key} is not listed")
            found = known[key]
            equal((found["state"], found["point"], found["requested"]),
                  ("verified", *self.orders[key]), key)
        for key, found in known.items():
            demand(key in self.tried_orders, f"{key} was never ordered")
            equal((found["point"], found["requested"]), self.tried_orders[key], key)
        self.fresh_names, self.fresh_orders = [], []
        self.check_samples(api)

    def check_samples(self, api):
        for point, seen in self.samples.items():
            if not seen:
                continue
            first, last = min(seen), max(seen)
            found = dict(samples_of(api, point, first, last + 1))
            for time, value in seen.items():
                demand(time in found, f"{point}: the sample at {time} is missing")
                equal(found[time], value, f"{point} at {time}")
            extra = set(found) - set(seen)
            demand(not extra, f"{point}: samples nobody had been shown: {sorted(extra)[:5]}")
            # What is behind is agreed; only the newest is carried on.
            self.samples[point] = {last: seen[last]}

    def check_names(self, api):
        """All of them, and none that nobody asked for."""
        found = {n for n in api.names("99.100.1") if n.startswith(PREFIX)}
        missing = set(self.names) - found
        invented = found - set(self.tried_names)
        equal((sorted(missing)[:5], sorted(invented)[:5]), ([], []), "missing, invented")

    def check_repeat(self, api):
        """An order given again is answered from memory and not carried out."""
        if not self.orders:
            return
        key, (point, value) = list(self.orders.items())[-1]
        status, body = api.order(point, value, key)
        equal((status, body.get("repeated")), (200, True), f"{key} again: {body}")


def samples_of(api, point, begin, end):
    path = f"/api/v1/points/{point}/samples?from_ms={begin}&to_ms={end}&limit=10000"
    return [(time, value) for time, value, _ in api.get(path)["items"]]


class Client(threading.Thread):
    """Keeps asking until the node is gone. `trouble` is what must not have happened."""

    def __init__(self, memory, api):
        super().__init__(daemon=True)
        self.memory, self.api, self.trouble = memory, api, None

    def run(self):
        acts = (self.memory.make_name,) * 6 + (self.memory.give_order, self.memory.look_at_samples)
        try:
            while True:
                self.memory.chance.choice(acts)(self.api)
        except OSError:
            return
        except Exception as trouble:  # told by the thread that waits
            if "Remote end closed" not in str(trouble) and "IncompleteRead" not in repr(trouble):
                self.trouble = trouble
