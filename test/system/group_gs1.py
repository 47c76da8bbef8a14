# SPDX-License-Identifier: Apache-2.0
"""The conformance list of the GS1-Conformant Resolver standard, release 1.2, against a node
over https: each case names the statement it holds. Two companies: one is this node's, the
other's keys are handled by another resolver."""
import contextlib
import json
import pathlib
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder  # noqa: E402
from tap import case, demand, equal  # noqa: E402

PORT, PREFIX, ROOT = 8443, "99.100.1", "https://id.example.com"
GTIN, OTHER = "09521234543213", "09529000000007"
DL = f"/01/{GTIN}"
VOC = "https://ref.gs1.org/voc/"
LINKSET = "application/linkset+json"
state = {}

CONFIG = f"""node: {{name: works, prefix: {PREFIX}}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{PORT}", handle: ["127.0.0.1:2641"], tls: {{mode: always}}}}
sentry: {{capture: none}}
gs1:
  root: "{ROOT}"
  companies:
    - {{company: "9529", resolver: "https://other.example/id"}}
"""


def ask(path, method="GET", **headers):
    """(status, headers in lower case, body)"""
    link = state["node"].api.connect(15)
    try:
        link.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        reply = link.getresponse()
        found = {}
        for name, value in reply.getheaders():
            found.setdefault(name.lower(), []).append(value)
        return reply.status, found, reply.read()
    finally:
        link.close()


def location(path, want=307, **headers):
    status, found, body = ask(path, **headers)
    equal(status, want, f"{path} {body[:200]!r}")
    return found["location"][0]


def linkset(path, **headers):
    status, found, body = ask(path, **headers)
    equal(status, 200, f"{path} {body[:200]!r}")
    equal(found["content-type"][0].split(";")[0], LINKSET, "content type")
    return {row["anchor"]: row for row in json.loads(body)["linkset"]}


def link(index, kind, href, title, **more):
    data = {"linkType": kind, "href": href, "title": title, **more}
    return {"index": index, "type": "GS1.LINK",
            "data": {"format": "string", "value": json.dumps(data, separators=(",", ":"))}}


def text(index, kind, value):
    return {"index": index, "type": kind, "data": {"format": "string", "value": value}}


def put(path, values):
    status, body = state["node"].api.call("PUT", f"/api/handles/{PREFIX}{path}", {"values": values})
    demand(status in (200, 201), path, status, body)


@contextlib.contextmanager
def stage():
    where = folder()
    (where / "data").mkdir()
    (where / "data").chmod(0o777)
    node = Node(where, CONFIG % where)
    state["node"] = node
    try:
        node.start()
        put(DL, [
            text(1, "DESC", "Lithium cell"), text(2, "DESC.zh", "锂电芯"),
            link(10, "gs1:pip", "https://example.com/en", "Product", type="text/html",
                 hreflang=["en"], default=True),
            link(11, "gs1:pip", "https://example.com/zh", "产品", type="text/html",
                 hreflang=["zh"], default=True),
            link(12, "gs1:dpp", "https://example.com/dpp?a=1", "Passport", type="text/html"),
            link(13, "gs1:dpp", "https://example.com/dpp.json", "Passport",
                 type="application/json"),
            link(14, "gs1:certificationInfo", "https://example.com/cert/cn", "Certificate",
                 context=["CN"]),
            link(15, "gs1:certificationInfo", "https://example.com/cert/eu", "Certificate",
                 context=["EU"]),
            link(16, "gs1:review", "https://a.example/r", "Review"),
            link(17, "gs1:review", "https://b.example/r", "Review")])
        put(f"{DL}/10/LOT1", [link(1, "gs1:recallStatus", "https://example.com/recall", "Recall")])
        put(f"{DL}/21/S1", [link(1, "gs1:traceability", "https://example.com/s1", "Trace")])
        put("/414/9521234567899", [text(1, "URL", "https://example.com/works")])
        yield
    finally:
        node.kill() if node.api else node.process.kill()


@case
def shall_01_get_head_and_options_are_there_and_declared():
    for method, want in (("GET", 307), ("HEAD", 307), ("OPTIONS", 204)):
        status, found, body = ask(DL, method)
        equal(status, want, method)
        declared = found["access-control-allow-methods"][0]
        demand(all(m in declared for m in ("GET", "HEAD", "OPTIONS")), declared)
    equal(ask(DL, "HEAD")[2], b"", "the body of HEAD")
    equal(ask(DL, "DELETE")[0], 405, "DELETE")


@case
def shall_02_https_is_spoken_and_is_what_anchors_say():
    demand(state["node"].api.tls is not None, "the node speaks TLS")
    demand(all(a.startswith(ROOT) for a in linkset(f"{DL}?linkType=linkset")), "anchors")


@case
def shall_03_pages_of_other_sites_may_read_every_answer():
    for path in (DL, f"{DL}?linkType=linkset", f"{DL}?linkType=gs1:epil", f"{DL}/foo",
                 "/.well-known/gs1resolver", "/01/09521234543220"):
        equal(ask(path)[1].get("access-control-allow-origin"), ["*"], path)


@case
def shall_05_what_is_not_a_digital_link_is_400():
    rows = [f"{DL}/foo", "/01/09521234543214", "/01/9521234543213", "/01/095212345432130",
            f"{DL}/21/1/10/2", f"{DL}/17/301231", f"{DL}/22/A/235/B", f"{DL}/21/",
            f"{DL}/21/a%20b", f"{DL}/21/a%2", f"{DL}/21/{'x' * 21}", f"{DL}?17=301301",
            f"{DL}?21=5", f"{DL}?4711=1", f"{DL}?37=5", "/01", "/01/", "/415/9521234567899",
            "/8013/19", "/414/9521234567890"]
    for row in rows:
        status, found, body = ask(row, Accept="text/html")
        equal(status, 400, row)
        equal(found["content-type"][0], "application/problem+json", row)
        demand(json.loads(body)["detail"], row)
    return f"{len(rows)} forms"


@case
def shall_06_no_error_is_told_with_status_200():
    for path, want in ((f"{DL}?linkType=gs1:epil", 404), ("/01/09521234543220", 404),
                       ("/01/09521234543220?linkType=linkset", 404), (f"{DL}/foo", 400)):
        for accept in ("*/*", "text/html", LINKSET, "application/json"):
            if (accept, want) == (LINKSET, 404) and "epil" in path:
                continue  # the linkset is what this asks for
            equal(ask(path, Accept=accept)[0], want, f"{path} {accept}")


@case
def shall_07_linktype_linkset_gives_the_links_and_no_redirect():
    demand(f"{ROOT}{DL}" in linkset(f"{DL}?linkType=linkset"), "by the query")
    demand(f"{ROOT}{DL}" in linkset(f"{DL}?linkType=all"), "by the old word")


@case
def shall_07_accept_linkset_gives_the_links_and_no_redirect():
    demand(f"{ROOT}{DL}" in linkset(DL, Accept=LINKSET), "by the header")
    for kind in ("application/json", "application/ld+json"):
        status, found, body = ask(DL, Accept=kind)
        equal((status, found["content-type"][0]), (200, kind), kind)
        equal("@context" in json.loads(body), kind.endswith("ld+json"), "context inside")


@case
def shall_08_the_linkset_holds_every_level_up_to_the_key():
    found = linkset(f"{DL}/10/LOT1/21/S1?linkType=linkset")
    equal(sorted(found), [f"{ROOT}{DL}", f"{ROOT}{DL}/10/LOT1", f"{ROOT}{DL}/21/S1"], "anchors")
    demand(f"{VOC}traceability" in found[f"{ROOT}{DL}/21/S1"], "the serial's links")
    demand(f"{VOC}recallStatus" in found[f"{ROOT}{DL}/10/LOT1"], "the batch's links")


@case
def shall_08_each_link_has_target_type_and_title():
    for row in linkset(f"{DL}/21/S1?linkType=linkset").values():
        for key, links in row.items():
            if key in ("anchor", "description"):
                continue
            demand(key.startswith(VOC) and links, key)
            demand(all(one["href"] and one["title"] for one in links), key, links)


@case
def shall_08_the_anchor_is_the_plain_uri_whatever_was_sent():
    demand(f"{ROOT}{DL}/10/A%2FB" not in linkset(f"{DL}/10/A%2fB/?linkType=linkset"), "no record")
    put(f"{DL}/10/A%252FB", [link(1, "gs1:pip", "https://example.com/ab", "A/B")])
    demand(f"{ROOT}{DL}/10/A%2FB" in linkset(f"{DL}/10/A%2fB/?linkType=linkset&17=301231"),
           "one spelling")


@case
def shall_09_there_is_one_default_link_with_a_title_alone():
    row = linkset(f"{DL}?linkType=linkset")[f"{ROOT}{DL}"]
    equal(row[f"{VOC}defaultLink"], [{"href": "https://example.com/en", "title": "Product"}],
          "default link")
    demand(row[f"{VOC}defaultLink"][0]["href"] in [one["href"] for one in row[f"{VOC}pip"]],
           "the default link has a descriptive type too")
    equal(len(row[f"{VOC}defaultLinkMulti"]), 2, "variants")


@case
def shall_10_without_more_the_default_link_is_gone_to():
    equal(location(DL), "https://example.com/en", "default")
    equal(location(DL, Accept_Language="fr"), "https://example.com/en", "another language")


@case
def shall_10_what_the_request_says_finds_a_better_variant():
    equal(location(DL, Accept_Language="zh"), "https://example.com/zh", "zh")
    equal(location(DL, Accept_Language="zh-CN,zh;q=0.9,en;q=0.8"), "https://example.com/zh", "zh-CN")
    equal(location(DL, Accept_Language="zh;q=0.2,en"), "https://example.com/en", "by weight")


@case
def shall_11_a_link_type_that_is_there_is_gone_to():
    for word in ("gs1:traceability", f"{VOC}traceability", "https://gs1.org/voc/traceability",
                 "traceability"):
        query = urllib.parse.urlencode({"linkType": word})
        demand(location(f"{DL}/21/S1?{query}").startswith("https://example.com/s1?"), word)


@case
def shall_11_a_link_type_that_is_not_there_is_404():
    for word in ("gs1:epil", "https://example.org/x", "gs1:"):
        query = urllib.parse.urlencode({"linkType": word})
        equal(ask(f"{DL}?{query}")[0], 404, word)


@case
def shall_11_the_media_type_tells_variants_apart():
    equal(location(f"{DL}?linkType=gs1:dpp", Accept="application/json;q=0.9, text/html;q=0.1"),
          "https://example.com/dpp.json?linkType=gs1:dpp", "JSON")
    equal(location(f"{DL}?linkType=gs1:dpp", Accept="text/html"),
          "https://example.com/dpp?a=1&linkType=gs1:dpp", "HTML")


@case
def shall_11_the_context_tells_variants_apart():
    for word in ("cn", "eu"):
        demand(location(f"{DL}?linkType=gs1:certificationInfo&context={word.upper()}")
               .startswith(f"https://example.com/cert/{word}?"), word)


@case
def should_variants_that_nothing_tells_apart_are_300():
    status, found, body = ask(f"{DL}?linkType=gs1:review")
    equal((status, found["content-type"][0]), (300, LINKSET), "status and type")
    links = json.loads(body)["linkset"][0][f"{VOC}review"]
    equal([one["href"] for one in links], ["https://a.example/r", "https://b.example/r"], "links")


@case
def shall_12_the_whole_query_is_passed_on():
    query = "17=301231&x=a%20b&linkType=gs1:dpp&y"
    equal(location(f"{DL}?{query}", Accept="text/html"), f"https://example.com/dpp?a=1&{query}",
          "behind a query")
    equal(location(f"{DL}?utm=1"), "https://example.com/en?utm=1", "as the query")


@case
def shall_13_the_description_file_says_what_this_is():
    status, found, body = ask("/.well-known/gs1resolver")
    equal((status, found["content-type"][0]), (200, "application/json"), "status and type")
    told = json.loads(body)
    equal(told["resolverRoot"], ROOT, "root")
    for key in ("00", "01", "253", "255", "401", "402", "414", "415", "417", "8003", "8004",
                "8006", "8010", "8013", "8017", "8018"):
        demand(key in told["supportedPrimaryKeys"], key)


@case
def shall_14_the_vocabulary_of_gs1_is_known():
    told = json.loads(ask("/.well-known/gs1resolver")[2])
    demand({"namespace": VOC, "prefix": "gs1:"} in told["supportedLinkType"], "declared")
    for bad in ("pip", f"{VOC}pip", "gs1:", "ftp://a"):
        status, body = state["node"].api.call(
            "PUT", f"/api/handles/{PREFIX}/X", {"values": [link(1, bad, "https://a.example", "T")]})
        equal(status, 400, bad)
        demand("link type" in body["message"], body)


@case
def shall_15_a_company_handled_elsewhere_is_handed_over_by_name():
    status, found, _ = ask(f"/01/{OTHER}/21/7?linkType=gs1:pip")
    equal(status, 307, "status")
    equal(found["location"], [f"https://other.example/id/01/{OTHER}/21/7?linkType=gs1:pip"], "to")
    demand(f'rel="{VOC}handledBy"' in found["link"][0], found["link"])


@case
def shall_16_every_qualifier_of_every_key_is_accepted():
    item, location_key = "09521234543213", "9521234567899"
    rows = [f"/01/{item}/22/V/10/L/21/S", f"/01/{item}/235/T", f"/8006/{item}0102/22/V/10/L/21/S",
            f"/414/{location_key}/254/E", f"/414/{location_key}/7040/1ABC",
            f"/417/{location_key}/7040/1ABC", f"/415/{location_key}/8020/R", "/8010/9521A/8011/5",
            "/8004/9521A/7040/1ABC", "/8017/952123450000000012/8019/1",
            "/8018/952123450000000012/8019/1", "/00/095212345000000018", f"/253/{location_key}X",
            f"/255/{location_key}1", "/401/9521A", f"/8003/0{location_key}S",
            "/8013/1987654Ad4X4bL5ttr2310c2K"]
    for row in rows:
        status = ask(row)[0]
        demand(status in (307, 404), row, status)
    return f"{len(rows)} paths"


@case
def shall_16_an_unknown_serial_of_a_known_gtin_is_answered():
    for path in (f"{DL}/21/NEVER", f"{DL}/10/NEVER/21/X", f"{DL}/22/V", f"{DL}/235/T"):
        equal(location(path), "https://example.com/en", path)
    demand(location(f"{DL}/21/S1?linkType=gs1:dpp", Accept="text/html").startswith(
        "https://example.com/dpp?"), "a type that only the GTIN has")


@case
def shall_16_a_serial_is_found_whatever_else_the_request_names():
    equal(location(f"{DL}/22/V/10/LOT1/21/S1"), "https://example.com/s1", "the serial comes first")
    equal(location(f"{DL}/10/LOT1/21/X"), "https://example.com/recall", "then the batch")
    equal(location(f"{DL}/21/s1"), "https://example.com/en", "another serial by case")


@case
def should_redirects_point_to_the_linkset():
    found = ask(DL)[1]["link"]
    equal(found, [f'<{ROOT}{DL}?linkType=linkset>; rel="linkset"; type="{LINKSET}"; '
                  'title="Linkset"'], "Link")


@case
def should_linksets_point_to_their_context():
    found = ask(f"{DL}?linkType=linkset")[1]["link"]
    demand(any('rel="http://www.w3.org/ns/json-ld#context"' in one for one in found), found)


@case
def should_a_slash_at_the_end_is_tolerated():
    equal(location(f"{DL}/"), "https://example.com/en", "key")
    equal(location(f"{DL}/21/S1/"), "https://example.com/s1", "serial")


@case
def a_url_value_is_the_default_link_where_there_are_no_links():
    equal(location("/414/9521234567899"), "https://example.com/works", "redirect")
    row = linkset("/414/9521234567899?linkType=linkset")[f"{ROOT}/414/9521234567899"]
    equal(row[f"{VOC}pip"][0]["href"], "https://example.com/works", "linkset")


@case
def the_command_line_says_the_same_of_a_code():
    status, out, _ = command("decode", f"]C101{GTIN}10LOT1^17301231", "--json")
    told = json.loads(out)
    equal((status, told["path"]), (0, f"{DL}/10/LOT1"), "path")
    equal(ask(told["path"])[0], 307, "the path of it")
    api = state["node"].api.get("/api/v1/decode?" + urllib.parse.urlencode({"text": told["canonical"]}))
    equal(api["name"], f"{PREFIX}{DL}/10/LOT1", "name")
    status, out, _ = command("decode", "(01)09521234543214")
    equal(status, 65, "a wrong check digit")
    demand("check digit" in out, out)
    equal(command("decode", "hello")[0], 69, "no scheme")


space.enter()
with stage():
    tap.main()
