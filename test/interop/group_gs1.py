# SPDX-License-Identifier: Apache-2.0
"""GS1 with programs of others: digital-link.js as the oracle of Digital Link URIs and as a
client of the node's door, ajv with the facts of the standard's two schemas for what the
door answers."""
import contextlib
import json
import pathlib
import random
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import BUILD, Node, command, folder  # noqa: E402
from tap import Skip, case, demand, equal  # noqa: E402

PEERS = BUILD / "gs1-npm"
SCHEMAS = json.loads((HERE / "gs1_schemas.json").read_text(encoding="utf-8"))
PREFIX, SEED, COUNT = "99.100.1", 952, 150
# In the order of the standard. The peer's grammar is of release 1.4: it knows neither 415
# nor 7040, no check digit of 8017, and holds prefixes of 8004 and 8010 to another rule.
KEYS = {"00": [], "01": ["22", "10", "21"], "253": [], "402": [], "414": ["254"], "8003": [],
        "8018": ["8019"]}
LENGTHS = {"00": 18, "01": 14, "253": 13, "402": 17, "414": 13, "8003": 14, "8018": 18}
# But for the double quote, of which it knows the plain form alone, which no URI may hold.
CHARACTERS = "!%'()*+,-./09:;<=>?AZ_az&"
state = {}


def peer(questions):
    if not (PEERS / "node_modules" / "digital-link.js").exists():
        raise Skip("digital-link.js and ajv cannot be had here")
    run = subprocess.run(["node", HERE / "peer_gs1.js", PEERS], input=json.dumps(questions),
                         capture_output=True, text=True, timeout=120, check=False)
    demand(run.returncode == 0, run.stderr)
    return json.loads(run.stdout)


def with_check_digit(digits):
    total = sum((3 if i % 2 == 0 else 1) * int(c) for i, c in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def key_value(ai, chance):
    length = LENGTHS[ai]
    head = {"01": "0952", "8003": "0952", "00": "0952"}.get(ai, "952")
    body = head + "".join(chance.choice("0123456789") for _ in range(length - 1 - len(head)))
    return with_check_digit(body)


def qualifier_value(ai, chance):
    if ai == "8019":
        return str(chance.randrange(10 ** 10))
    return "".join(chance.choice(CHARACTERS) for _ in range(chance.randint(1, 20)))


def sample(chance):
    """key, qualifiers and attributes of one Digital Link."""
    ai = chance.choice(sorted(KEYS))
    chosen = [q for q in KEYS[ai] if chance.random() < 0.6]
    attributes = {"17": "301231", "3103": "000195"} if ai == "01" and chance.random() < 0.4 else {}
    return ({ai: key_value(ai, chance)}, {q: qualifier_value(q, chance) for q in chosen}, attributes)


def uri_of(key, qualifiers, attributes):
    (ai, value), = key.items()
    path = f"/{ai}/{value}" + "".join(f"/{q}/{urllib.parse.quote(v, safe='')}"
                                      for q, v in qualifiers.items())
    return f"https://example.com{path}" + ("?" + urllib.parse.urlencode(attributes)
                                           if attributes else "")


def ours(text):
    status, out, err = command("decode", text, "--json")
    demand(status in (0, 65), text, status, err)
    return json.loads(out)


@case
def digital_link_js_takes_uris_apart_as_we_do():
    chance = random.Random(SEED)
    samples = [sample(chance) for _ in range(COUNT)]
    answers = peer([{"verb": "parse", "uri": uri_of(*one)} for one in samples])
    for one, answer in zip(samples, answers):
        uri = uri_of(*one)
        told = ours(uri)
        demand(told["good"], uri, told)
        theirs = {k: urllib.parse.unquote(v) for part in ("key", "qualifiers", "attributes")
                  for k, v in answer[part].items()}
        equal({f["code"]: f["value"] for f in told["fields"]}, theirs, uri)
        demand(answer["good"], "the peer refuses", uri, answer)
    return f"digital-link.js 1.4.3, {COUNT} URIs, seed {SEED}"


@case
def digital_link_js_refuses_what_we_refuse():
    chance = random.Random(SEED + 1)
    spoilt = []
    for _ in range(40):
        key, qualifiers, _ = sample(chance)
        (ai, value), = key.items()
        at = value[:13] if ai == "8003" else value
        wrong = {ai: value[:len(at) - 1] + str((int(value[len(at) - 1]) + 1) % 10) + value[len(at):]}
        spoilt.append(uri_of(wrong, qualifiers, {}))
    spoilt += ["https://example.com/01/09521234543213/21/1/10/2",
               "https://example.com/01/09521234543213/254/E",
               "https://example.com/01/095212345432", "https://example.com/414/95212345678"]
    for uri, answer in zip(spoilt, peer([{"verb": "parse", "uri": uri} for uri in spoilt])):
        demand(not ours(uri)["good"], "we take", uri)
        demand(not answer["good"], "the peer takes", uri)
    return f"{len(spoilt)} URIs"


@case
def the_uris_digital_link_js_writes_are_read_and_written_alike():
    chance = random.Random(SEED + 2)
    samples = [sample(chance) for _ in range(50)]
    # The peer puts values as they are given, so they are given encoded.
    made = peer([{"verb": "make", "domain": "https://id.gs1.org", "key": key, "attributes": attributes,
                  "qualifiers": {k: urllib.parse.quote(v, safe="") for k, v in qualifiers.items()}}
                 for key, qualifiers, attributes in samples])
    for answer in made:
        equal(ours(answer["uri"])["canonical"], answer["uri"], "canonical")
    return f"{len(made)} URIs"


def link(index, kind, href, title, **more):
    data = {"linkType": kind, "href": href, "title": title, **more}
    return {"index": index, "type": "GS1.LINK",
            "data": {"format": "string", "value": json.dumps(data)}}


def ask(path, **headers):
    connection = state["node"].api.connect(15)
    try:
        connection.request("GET", path, headers=headers)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


@contextlib.contextmanager
def stage():
    where = folder()
    (where / "data").mkdir()
    (where / "data").chmod(0o777)
    node = Node(where, f'node: {{name: works, prefix: {PREFIX}}}\ndata: "{where}/data"\n'
                       'user: nobody\nlisten: {http: "127.0.0.1:8080", handle: ["127.0.0.1:2641"]}\n'
                       'sentry: {capture: none}\n')
    state["node"] = node
    try:
        node.start()
        gtin, serial = f"{PREFIX}/01/09521234543213", f"{PREFIX}/01/09521234543213/21/A%2FB"
        for name, values in (
                (gtin, [link(1, "gs1:pip", "https://example.com/en", "Product", type="text/html",
                             hreflang=["en", "zh-Hans", "fil"], default=True),
                        link(2, "gs1:pip", "https://example.com/zh", "产品", hreflang=["zh-CN"],
                             default=True),
                        link(3, "https://example.org/voc/x", "https://example.com/x", "X",
                             context=["CN"])]),
                (serial, [link(1, "gs1:dpp", "https://example.com/dpp?q=1#f", "Passport")])):
            status, body = node.api.call("PUT", "/api/handles/" + urllib.parse.quote(name, safe="/"),
                                         {"values": values})
            demand(status == 201, name, status, body)
        yield
    finally:
        node.kill() if node.api else node.process.kill()


@case
def a_client_with_digital_link_js_is_led_by_our_door():
    made = peer([{"verb": "make", "domain": "http://127.0.0.1:8080", "attributes": {},
                  "key": {"01": "09521234543213"}, "qualifiers": {"21": "A%2FB", "10": "L"},
                  "linkType": "gs1:dpp"}])[0]["uri"]
    status, headers, body = ask(made.removeprefix("http://127.0.0.1:8080"))
    equal(status, 307, body)
    equal(headers["Location"], "https://example.com/dpp?q=1&linkType=gs1:dpp#f", "to")


@case
def ajv_finds_the_description_file_good():
    document = json.loads(ask("/.well-known/gs1resolver")[2])
    answer = peer([{"verb": "validate", "schema": SCHEMAS["description"], "document": document},
                   {"verb": "validate", "schema": SCHEMAS["description"],
                    "document": {**document, "supportedPrimaryKeys": ["01", "21"]}}])
    demand(answer[0]["good"], answer[0]["errors"])
    demand(not answer[1]["good"], "the schema can say no")
    return "ajv 8.20.0"


@case
def ajv_finds_linksets_of_every_kind_good():
    documents = []
    for path, headers in (("/01/09521234543213?linkType=linkset", {}),
                          ("/01/09521234543213/10/L/21/A%2FB?linkType=linkset", {}),
                          ("/01/09521234543213", {"Accept": "application/linkset+json"}),
                          ("/01/09521234543213", {"Accept": "application/json"}),
                          ("/01/09521234543213", {"Accept": "application/ld+json"})):
        status, _, body = ask(path, **headers)
        equal(status, 200, path)
        documents.append(json.loads(body))
    bad = json.loads(json.dumps(documents[0]))
    del bad["linkset"][0]["https://ref.gs1.org/voc/pip"][0]["title"]
    answers = peer([{"verb": "validate", "schema": SCHEMAS["linkset"], "document": one}
                    for one in [*documents, bad]])
    for answer in answers[:-1]:
        demand(answer["good"], answer["errors"])
    demand(not answers[-1]["good"], "the schema can say no")
    return f"{len(documents)} linksets"


space.enter()
with stage():
    tap.main()
