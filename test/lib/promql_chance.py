# SPDX-License-Identifier: Apache-2.0
"""Queries made by chance over the series of test/golden/promql: mostly right ones, some
that are wrong in type or labels. A seed gives the same ones again. Left out is what
doc/promql.md says is answered otherwise, and labels made of computed digits, the last of
which is the mathematical library's."""
import random

NAMES = ["press_force", "parts_total", "door_open", "press_limit", "room_celsius", "gap_gauge",
         "late_gauge", "wave", "cycle_seconds_bucket", "line_info", "odd_values", "nothing"]
LABELS = {"line": ["a", "b", "c"], "press": ["p1", "p2", "p3"], "room": ["hall"], "le": ["1", "+Inf"]}
OVER_TIME = ["rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv"] + [
    name + "_over_time" for name in ("avg", "min", "max", "sum", "count", "last", "present", "stddev",
                                     "stdvar", "absent")]
EACH = ["abs", "ceil", "floor", "sqrt", "exp", "sgn", "round", "sin", "cos",
        "atan", "tanh", "deg", "rad", "timestamp", "sort", "sort_desc", "absent"]
LOGARITHMS = ["ln", "log2", "log10"]
DATES = ["hour", "minute", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month",
         "year"]
AGGREGATES = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]
ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2"]
COMPARISONS = ["==", "!=", ">", "<", ">=", "<="]


class Maker:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.pick = self.chance.choice

    def is_lucky(self, part):
        return self.chance.random() < part

    def duration(self):
        return self.pick(["30s", "1m", "90s", "3m", "7m", "15m", "1h", "1m1ms"])

    def names(self):
        return "(" + ", ".join(self.chance.sample(list(LABELS), self.pick([0, 1, 1, 2]))) + ")"

    def matchers(self):
        found = []
        for label in self.chance.sample(list(LABELS), self.pick([0, 0, 1, 2])):
            value = self.pick(LABELS[label] + ["", ".*", ".+", "a|b", "p[12]"])
            found.append(f'{label}{self.pick(["=", "!=", "=~", "!~"])}"{value}"')
        return "{" + ",".join(found) + "}" if found else ""

    def when(self):
        text = ""
        if self.is_lucky(0.2):
            text += " offset " + self.pick(["", "", "-"]) + self.duration()
        if self.is_lucky(0.1):
            text += self.pick([" @ 1767226800", " @ start()", " @ end()", " @ 1767226777.25"])
        return text

    def selector(self):
        return self.pick(NAMES) + self.matchers() + self.when()

    def window(self, depth):
        if depth > 1 and self.is_lucky(0.15):
            step = self.pick(["", "15s", "50s"])
            return f"({self.vector(depth - 2)})[{self.duration()}:{step}]" + self.when()
        return f"{self.pick(NAMES)}{self.matchers()}[{self.duration()}]" + self.when()

    def scalar(self, depth):
        if depth < 1 or self.is_lucky(0.6):
            return self.pick(["0", "1", "2.5", "-3", "100", "1e3", "0.1", "time()", "pi()", "NaN"])
        return self.pick([f"scalar({self.vector(depth - 1)})",
                          f"({self.scalar(depth - 1)} {self.pick(ARITHMETIC)} "
                          f"{self.scalar(depth - 1)})"])

    def call(self, depth):
        kind = self.chance.randrange(7)
        if kind == 0:
            q = self.pick(["0.5", "0", "1", "0.93", "-1", "2"])
            return self.pick([f"quantile_over_time({q}, {self.window(depth)})",
                              f"histogram_quantile({q}, {self.vector(depth - 1)})",
                              f"predict_linear({self.pick(NAMES)}[{self.duration()}], 600)"])
        if kind == 1:
            return self.pick([f"clamp({self.vector(depth - 1)}, {self.scalar(1)}, {self.scalar(1)})",
                              f"clamp_min({self.vector(depth - 1)}, {self.scalar(1)})",
                              f"clamp_max({self.vector(depth - 1)}, {self.scalar(1)})",
                              f"round({self.vector(depth - 1)}, {self.scalar(0)})",
                              f"{self.pick(LOGARITHMS)}(1 + {self.vector(depth - 1)})",
                              f"{self.pick(DATES)}(timestamp({self.vector(depth - 1)}))",
                              f"vector({self.scalar(depth - 1)})"])
        if kind == 2:
            label = self.pick(list(LABELS) + ["new", "__name__"])
            form = self.pick(["$1", "x-$1-${1}", "", "fix"])
            return self.pick([
                f'label_replace({self.vector(depth - 1)}, "{label}", "{form}", '
                f'"{self.pick(list(LABELS))}", "{self.pick(["(.*)", "p(.)", "(a|p1)", ""])}")',
                f'label_join({self.vector(depth - 1)}, "{label}", "-", "line", "press")'])
        if kind < 5:
            return f"{self.pick(OVER_TIME)}({self.window(depth)})"
        return f"{self.pick(EACH)}({self.vector(depth - 1)})"

    def aggregate(self, depth):
        by = self.pick(["", f" by {self.names()}", f" without {self.names()}"])
        kind = self.chance.randrange(5)
        if kind == 0:
            return f"quantile{by} ({self.pick(['0.5', '0.9', '0'])}, {self.vector(depth - 1)})"
        if kind == 1:
            return f'count_values{by} ("new", {self.selector()})'
        return f"{self.pick(AGGREGATES)}{by} ({self.vector(depth - 1)})"

    def matching(self, is_set):
        text = ""
        if self.is_lucky(0.6):
            text = f" {self.pick(['on', 'ignoring'])} {self.names()}"
            if not is_set and self.is_lucky(0.4):
                text += f" {self.pick(['group_left', 'group_right'])} {self.pick(['', '(grade)'])}"
        return text

    def binary(self, depth):
        kind = self.chance.randrange(4)
        left, right = self.vector(depth - 1), self.vector(depth - 1)
        if kind == 0:
            return f"{left} {self.pick(['and', 'or', 'unless'])}{self.matching(True)} {right}"
        op = self.pick(ARITHMETIC + COMPARISONS)
        boolean = " bool" if op in COMPARISONS and self.is_lucky(0.4) else ""
        if kind == 1:
            pair = [left, self.scalar(depth - 1)]
            self.chance.shuffle(pair)
            return f"{pair[0]} {op}{boolean} {pair[1]}"
        return f"{left} {op}{boolean}{self.matching(False)} {right}"

    def vector(self, depth):
        if depth < 1 or self.is_lucky(0.2):
            return self.selector()
        form = self.pick([self.call, self.call, self.aggregate, self.binary])
        text = form(depth)
        return f"({text})" if self.is_lucky(0.5) or form == self.binary else text

    def query(self):
        return ("-" if self.is_lucky(0.05) else "") + self.vector(self.pick([1, 2, 2, 3]))


def questions(seed, count, start):
    maker = Maker(seed)
    for i in range(count):
        query = maker.query()
        if i % 2:
            yield {"query": query, "time": str(start + maker.chance.randrange(2900))}
        else:
            first = start + maker.chance.randrange(2500)
            yield {"query": query, "start": str(first), "end": str(first + 900),
                   "step": maker.pick(["15", "37", "60", "7.5", "300"])}
