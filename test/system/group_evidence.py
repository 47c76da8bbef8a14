# SPDX-License-Identifier: Apache-2.0
"""Evidence of figures of the history: what the node proves is what it answers, read from the
columns by a script that shares no code with it; what was altered is refused, in a file and on
disk; backups and stopped nodes prove the same."""
import datetime
import http.client
import importlib.util
import json
import math
import pathlib
import random
import socket
import struct
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

HTTP, T, ROWS, DEVIATION = 8080, 1700000000 * 10**9, 3000, 0.25
THINNED = "PLT1.T"
CONFIG = f"""node: {{name: works, prefix: 99.100.1}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{HTTP}", handle: []}}
sentry: {{capture: none}}
devices:
  - {{name: PLT1, address: "127.0.0.1:1502", period: 1d, timeout: 1m, points: [
      {{name: T, address: 0, type: f32, compress: {{deviation: %g}}}}]}}
"""
GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
chance = random.Random(20)
state = {}


def verifier():
    spec = importlib.util.spec_from_file_location("verify_evidence", GOLDEN / "verify_evidence.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


V = verifier()
FORMS, SHAPES = set(), set()


def watched(read, seen):
    def look(r, n):
        seen.add(r.data[0])
        return read(r, n)
    return look


def watch():
    """Which forms the script has met."""
    reals, whole = watched(V.reals, FORMS), watched(V.whole, SHAPES)
    V.whole = whole
    V.BODIES.update({V.REAL: reals, V.SINGLE: reals, V.INT: whole, V.UINT: whole, V.BYTE: whole})


def single(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def walk(scale, start=0):
    at, out = start, []
    for _ in range(ROWS):
        at += chance.randrange(-9, 10)
        out.append(at * scale)
    return out


def integers(make):
    return [f"{make(i)}i" for i in range(ROWS)]


def rare(i, often, odd):
    return odd if i % 97 == 13 else often


SERIES = {
    "decimal": [repr(round(x / 10, 1)) for x in walk(1)],
    "tenths": [repr(x * 0.1) for x in walk(1, 5000)],
    "linear": [repr(x * 0.0137 + 4) for x in walk(1, 900)],
    "raw": [repr(abs(x) / 27648 * 10) for x in walk(7, 9000)],
    "single": [repr(single(math.sin(i / 50) * 7.3)) for i in range(ROWS)],
    "noise": [repr(chance.gauss(20, 1)) for _ in range(ROWS)],
    "floats": [repr(single(chance.random() * 10.0 ** chance.randrange(-6, 6))) for _ in range(ROWS)],
    "two": [repr(math.pi ** (i // 150 % 7) / 3e200) for i in range(ROWS)],
    "mixed": [repr(rare(i, round(20 + math.sin(i), 2), 1 / (i + 3))) for i in range(ROWS)],
    "ramp": integers(lambda i: 37 * i + i % 3),
    "square": integers(lambda i: i * i * i // 5),
    "flat": integers(lambda i: rare(i, 5 + i % 4, 10**6 + i)),
    "steps": integers(lambda i: i // 211 * 10**9),
    "random": integers(lambda _: chance.randrange(-2**63, 2**63)),
    "switch": ["true" if i // 40 % 3 else "false" for i in range(ROWS)],
    "words": ['"%s"' % chance.choice(["run", "stop", "设备 故障"]) for _ in range(ROWS)],
    "texts": ['"batch %d of the day, made by nobody in particular"' % (i // 4) for i in range(ROWS)],
}
SERIES["count"] = integers(lambda i: i * 10 + chance.randrange(3))


def time_of(name, i):
    jitter = hash_of(name, i) % 10**6 if name in ("noise", "ramp") else 0
    return T + i * 10**9 + jitter


def hash_of(name, i):
    return (i * 2654435761 + len(name)) % 2**32


def point(name):
    return name if name == THINNED else f'plant_value{{what="{name}"}}'


def path(name):
    return "/api/v1/points/" + urllib.parse.quote(point(name), safe="")


def smooth(i):
    return single(20 + 5 * math.sin(i / 300) + hash_of("smooth", i) % 100 / 1000)


def api():
    return state["node"].api


def write(lines):
    equal(api().call("POST", "/write?precision=ns", "".join(lines).encode(),
                     {"Content-Type": "text/plain"})[0], 204, "the samples")


def line(name, i):
    return f"plant,what={name} value={SERIES[name][i]} {time_of(name, i)}\n"


def evidence(name, at, query=""):
    """The file as the node gives it, or the status."""
    client = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=30)
    client.request("GET", f"{path(name)}/evidence?at_ns={at}{query}",
                   headers={"Authorization": f"Bearer {api().token}"})
    answer = client.getresponse()
    body = answer.read()
    client.close()
    return body if answer.status == 200 else answer.status


def prove(name, at, *words):
    """By the command: the file, and what it says."""
    out = state["where"] / "evidence.json"
    status, said, err = command("prove", point(name), stamp(at), "--out", str(out), "--json",
                                *words)
    equal(status, 0, err)
    return out.read_bytes(), json.loads(said)


def by_config():
    return ("--config", state["node"].config)


def plain(value):
    """Answers are numbers as a console has them."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def refused(data, key, why):
    try:
        V.check(data, key)
    except V.Bad as bad:
        return str(bad)
    raise tap.Failed(f"{why} was not refused")


def stamp(ns):
    at = datetime.datetime.fromtimestamp(ns // 10**9, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % 10**9:09d}Z"


def wanted(name, i):
    text = SERIES[name][i]
    if text in ("true", "false"):
        return text == "true"
    if text.endswith("i"):
        return int(text[:-1])
    return text[1:-1] if text.startswith('"') else float(text)


@case
def samples_of_all_kinds_are_sealed_and_signed():
    state["where"] = folder()
    # It takes the connection and keeps silent: nothing newer comes, and its past is not late.
    state["machine"] = socket.create_server(("127.0.0.1", 1502))
    state["node"] = Node(state["where"], CONFIG % (state["where"], DEVIATION)).start()
    late = {name: set(chance.sample(range(100, ROWS - 100), 40)) for name in ("noise", "decimal")}
    # Of a configured point the past; a day that is over is thinned.
    equal(api().call("POST", "/api/v1/samples?precision=ns", "".join(
        ["time,PLT1.T\n"] + [f"{T + i * 10**9},{smooth(i)!r}\n" for i in range(ROWS)]).encode(),
        {"Content-Type": "text/csv"})[0], 204, "the past of a machine")
    # What is much older than this is written once more, coded.
    write([f"plant,what=later value=1 {T + 30 * 86400 * 10**9}\n"])
    for n in SERIES:
        write(line(n, i) for i in range(ROWS) if i not in late.get(n, ()))
    write(line(n, i) for n in late for i in sorted(late[n]))
    state["key"] = api().get("/api/v1/proof/key")["key"]
    (state["where"] / "key").write_text(state["key"] + "\n")
    until(lambda: isinstance(evidence("count", T + 10**12, "&aggregate=true"), bytes), 20,
          "merged blocks")
    # What came last may wait for the next turn of sealing.
    ends = {n: {0, ROWS - 1} | late.get(n, set()) for n in SERIES}
    until(lambda: all(isinstance(evidence(n, time_of(n, i)), bytes)
                      for n in SERIES for i in ends[n]), 30, "every series sealed and signed")


@case
def each_sample_is_proven_to_be_what_the_node_answers():
    for name in SERIES:
        answers = api().get(f"{path(name)}/samples?from_ms={T // 10**6}&to_ms={T // 10**6 + 10**7}"
                            f"&limit={ROWS + 1}")["items"]
        equal(len(answers), ROWS, name)
        for i in chance.sample(range(ROWS), 4):
            at = time_of(name, i)
            said = V.check(evidence(name, at + chance.randrange(10**8)), state["key"])
            equal((said["source_ns"], said["value"], said["quality"], said["trusted"]),
                  (at, wanted(name, i), "good", True), f"{name} {i}")
            equal(said["source_ns"] // 10**6, answers[i][0], f"{name} {i} answered")
            if not isinstance(said["value"], str):  # texts are asked for elsewhere
                equal(plain(said["value"]), plain(answers[i][1]), f"{name} {i} answered")
            equal((said["point"], said["edits"]), (point(name), 0), name)


def sees_coded():
    for name in ("decimal", "mixed", "count"):
        V.check(evidence(name, time_of(name, 800)))
    return any(s & 0x40 and s & 0x3F < 4 for s in SHAPES)


@case
def every_form_of_column_was_among_them():
    until(sees_coded, 20, "numbers that are coded")
    forms, shapes = {f & 0x3F for f in FORMS}, {s & 0x3F for s in SHAPES}
    equal(forms, set(range(6)), "forms of doubles")
    demand(any(f & 0x40 for f in FORMS), "doubles that are nearly", FORMS)
    equal(shapes, set(range(6)), "shapes of whole numbers")
    demand(any(s & 0x80 for s in SHAPES), "outliers", SHAPES)


@case
def an_aggregate_is_what_its_samples_say_and_can_be_proven_without_them():
    for name in SERIES:
        whole = V.check(evidence(name, time_of(name, 500), "&aggregate=true"), state["key"])
        demand(whole["count"] >= 500, "a block with an aggregate", whole)
        data = evidence(name, time_of(name, 500), "&aggregate=true&withheld=true")
        bare = V.check(data, state["key"])
        equal(bare["withheld"] and b"parts" not in data, True, "samples are withheld")
        for key in ("count", "usable", "min", "max", "sum", "first_ns", "last_ns"):
            equal(bare.get(key), whole.get(key), f"{name} {key}")


def is_thinned():
    data = evidence(THINNED, T + 500 * 10**9, "&aggregate=true")
    return isinstance(data, bytes) and "bound" in V.check(data)


@case
def an_aggregate_of_samples_that_were_left_out_says_how_far_they_may_be():
    until(is_thinned, 20, "a thinned block")
    whole = V.check(evidence(THINNED, T + 500 * 10**9, "&aggregate=true"), state["key"])
    first, last = ((whole[key] - T) // 10**9 for key in ("first_ns", "last_ns"))
    values = [smooth(i) for i in range(first, last + 1)]
    equal((whole["count"], whole["min"], whole["max"], whole["bound"]),
          (len(values), min(values), max(values), DEVIATION), "of all samples")
    demand(math.isclose(whole["sum"], sum(values)), whole)
    demand(2 <= whole["kept"] < len(values) / 10, "few are kept", whole)
    kept = V.check(evidence(THINNED, T + 500 * 10**9), state["key"])
    equal(kept["value"], smooth((kept["source_ns"] - T) // 10**9), "one that is kept")
    data, said = prove(THINNED, T + 500 * 10**9, "--aggregate", *by_config())
    equal({k: V.check(data)[k] for k in ("kept", "bound")}, {k: said[k] for k in ("kept", "bound")},
          "by the command")
    out = command("prove", "--check", str(state["where"] / "evidence.json"))[1]
    demand(f"{whole['kept']} are kept, the others lie within 0.25 of the line" in out, out)


@case
def buckets_of_samples_that_were_left_out_are_as_near_as_sql_says():
    at = T + 100 * 10**9
    status, out, err = command("sql", *by_config(), "--json", "SELECT value, bound FROM "
                               f"buckets('{THINNED}', {at}, {at} + 200000000000, '20s')")
    equal(status, 0, err)
    rows = json.loads(out)["rows"]
    equal(len(rows), 10, out)
    demand(any(bound for _, bound in rows), "one that has a bound", rows)
    for n, (value, bound) in enumerate(rows):
        mean = sum(smooth(100 + 20 * n + i) for i in range(20)) / 20
        demand(bound is None or abs(value - mean) <= bound, f"bucket {n}: {mean}", rows)
        demand(bound is not None or value is None, "a bound nobody knows", rows)


@case
def the_command_says_what_the_script_says():
    for name, words in (("decimal", ()), ("words", ()), ("steps", ()), ("noise", ("--aggregate",)),
                        ("raw", ("--aggregate", "--withhold"))):
        data, said = prove(name, time_of(name, 77), *words, *by_config())
        own = V.check(data)
        equal({k: own[k] for k in said if k in own}, said, name)
        file = state["where"] / "evidence.json"
        status, out, err = command("prove", "--check", str(file), "--key",
                                   str(state["where"] / "key"), "--json")
        equal((status, json.loads(out)), (0, {**said, "trusted": True}), err)
    status, out, err = command("prove", "--check", str(file))
    equal(status, 0, err)
    demand("compare it" in out and "withheld" in out, out)


@case
def what_was_altered_is_refused_by_both():
    data = evidence("switch", time_of("switch", 40), "&aggregate=true&withheld=true")
    V.check(data, state["key"])
    for at in chance.sample(range(len(data)), 60):
        other = bytearray(data)
        other[at] ^= 1 << chance.randrange(8)
        refused(bytes(other), None, f"byte {at}")
    file = state["where"] / "altered.json"
    for at in chance.sample(range(len(data)), 12):
        other = bytearray(data)
        other[at] ^= 1 << chance.randrange(8)
        file.write_bytes(other)
        demand(command("prove", "--check", str(file))[0] != 0, f"byte {at} was not refused")
    refused(data, state["key"][:-3] + "xx=", "another key")


@case
def edits_do_not_hide_what_was_recorded_and_are_said():
    at = time_of("decimal", 700)
    command("edit", *by_config(), point("decimal"), "delete", "--from", stamp(at // 10**6 * 10**6),
            "--to", stamp(at + 10**9), "--reason", "doubtful")
    answer = until(lambda: not api().get(f"{path('decimal')}/samples?from_ms={at // 10**6}"
                                         f"&to_ms={at // 10**6 + 500}")["items"], 10, "the edit")
    said = V.check(evidence("decimal", at), state["key"])
    demand(answer, "the sample is hidden")
    equal((said["source_ns"], said["value"], said["edits"]), (at, wanted("decimal", 700), 1),
          "the record")
    before = V.check(evidence("decimal", time_of("decimal", 690)), state["key"])
    equal(before["edits"], 0, "edits of another time")


@case
def what_cannot_be_proven_yet_is_said():
    equal(evidence("decimal", T - 10**9), 404, "before the first")
    equal(evidence("decimal", T, "&withheld=true"), 422, "a sample without parts")
    write([f"plant,what=decimal value=1.5 {T + 10**13}\n"])
    until(lambda: evidence("decimal", T + 10**13) == 503, 10, "a sample that is not sealed")
    V.check(evidence("decimal", T + 10**12), state["key"])


def offline(data):
    status, out, err = command("prove", *by_config(), "--offline", str(data), point("linear"),
                               stamp(time_of("linear", 1234)))
    equal(status, 0, err)
    return out.encode()


@case
def a_backup_and_a_stopped_node_prove_the_same():
    copy, back = state["where"] / "copy", state["where"] / "back"
    data = state["where"] / "data"
    status, _, err = command("backup", str(data), str(copy))
    equal(status, 0, err)
    equal(command("verify", str(copy))[0], 0, "the backup")
    state["node"].stop()
    status, out, err = command("verify", str(data), "--json")
    equal(status, 0, err)
    demand(json.loads(out)["history_changes"] >= 2, out)
    state["last"] = offline(data)
    equal(V.check(state["last"], state["key"])["value"], wanted("linear", 1234), "stopped")
    equal(command("restore", str(copy), str(back))[0], 0, "the restore")
    equal(command("verify", str(back))[0], 0, "what was restored")
    equal(V.check(offline(back), state["key"])["value"], wanted("linear", 1234), "restored")
    equal(command("verify", str(back))[0], 0, "what was restored, once it ran")


@case
def a_sample_altered_on_disk_under_good_checksums_is_found():
    segment = max((state["where"] / "data/history").glob("*.seg"), key=lambda p: p.stat().st_size)
    data = bytearray(segment.read_bytes())
    parts = json.loads(state["last"])["parts"]
    value = V.unbase64(parts[V.VALUE])
    at = data.find(value)
    demand(at > 0, "the value's column in the segment")
    data[at + len(value) - 6] ^= 4
    data[at + len(value) - 4:at + len(value)] = V.crc32c(bytes(data[at:at + len(value) - 4])).to_bytes(
        4, "little")
    segment.write_bytes(data)
    status, _, err = command("verify", str(state["where"] / "data"))
    equal(status != 0 and segment.name in err, True, err)


if __name__ == "__main__":
    space.enter()
    watch()
    tap.main()
