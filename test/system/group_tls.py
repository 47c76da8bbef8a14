# SPDX-License-Identifier: Apache-2.0
"""The pages by TLS, as clients we did not write see them: curl, openssl, a browser."""
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder, plant_config, with_lines  # noqa: E402
from tap import Skip, case, demand, equal, until  # noqa: E402

PORT, IDLE = 8443, 1000
AT = f"127.0.0.1:{PORT}"
EXPIRED = ("[ca]\ndefault_ca = a\n[a]\ndatabase = index\nserial = serial\nnew_certs_dir = .\n"
           "default_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n")
state = {}


def run(*words, given="", seconds=30, where=None):
    if not shutil.which(words[0]):
        raise Skip(f"no {words[0]} here")
    found = subprocess.run([str(w) for w in words], capture_output=True, text=True, input=given,
                           errors="replace", timeout=seconds, check=False, cwd=where)
    return found.returncode, found.stdout, found.stderr


def openssl(*words, **more):
    status, out, err = run("openssl", *words, **more)
    demand(status == 0, f"openssl {words[0]}: {err}")
    return out


def curl(*words, trust=True):
    return run("curl", "-sS", "-m", "15",
               *(["--cacert", state["node"].certificate()] if trust else []), *words)


def fingerprint(path):
    return openssl("x509", "-in", path, "-noout", "-fingerprint", "-sha256").split("=")[1].strip()


def shown():
    """The fingerprint of the certificate that the node shows now."""
    _, out, _ = run("openssl", "s_client", "-connect", AT)
    return openssl("x509", "-noout", "-fingerprint", "-sha256", given=out).split("=")[1].strip()


def make_pair(where, name):
    """A pair as an operator has it, readable by the node's user."""
    key, certificate = where / f"{name}.key", where / f"{name}.crt"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", key, "-out", certificate, "-days", "90", "-subj", f"/CN={name}",
            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    key.chmod(0o644)
    return key, certificate


def metric(name):
    text = state["node"].api.get("/metrics").decode()
    return int(re.search(rf"(?m)^jizhu_http_{name} (\d+)", text).group(1))


@case
def a_node_beyond_loopback_makes_its_own_pair_and_says_its_fingerprint():
    node = state["node"]
    said = node.process.wait_line(r"certificate SHA-256 ([0-9A-F:]+)").group(1)
    equal(said, fingerprint(node.data / "keys" / "tls.crt"), "the fingerprint said")
    equal(said, shown(), "the fingerprint shown")
    equal((node.data / "keys" / "tls.key").stat().st_mode & 0o777, 0o600, "mode of the key")
    tls = node.api.get("/api/v1/node")["tls"]
    demand(tls["on"] and tls["own"] and tls["fingerprint"] == said, tls)
    return f"{tls['expires'][:10]}"


@case
def curl_trusts_the_certificate_by_address_and_by_name():
    for host in ("127.0.0.1", "localhost"):
        status, out, err = curl("-4", "-w", "%{http_code} %{ssl_verify_result}",
                                "-o", "/dev/null", f"https://{host}:{PORT}/healthz")
        equal((status, out), (0, "200 0"), f"{host} {err}")
    status, _, err = curl(f"https://{AT}/healthz", trust=False)
    demand(status == 60, "a stranger trusts it", status, err)
    return run("curl", "--version")[1].split("\n")[0][:60]


@case
def old_versions_of_the_protocol_are_refused():
    for version in ("-tls1", "-tls1_1"):
        status, out, _ = run("openssl", "s_client", "-connect", AT, version,
                             "-cipher", "ALL:@SECLEVEL=0")
        demand(status != 0 and "Cipher is (NONE)" in out, version, out[-300:])
    for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
        status, out, err = run("openssl", "s_client", "-connect", AT, version)
        demand(status == 0 and f"New, {name}" in out, version, out[-300:], err)
    status, out, _ = run("openssl", "s_client", "-connect", AT, "-tls1_2", "-cipher",
                         "AES128-SHA:AES256-GCM-SHA384")
    demand("Cipher is (NONE)" in out, "a cipher without forward secrecy", out[-300:])
    return run("openssl", "version")[1].strip()


@case
def plain_http_and_noise_are_closed_and_counted():
    before = metric("tls_handshakes_failed_total")
    status, out, _ = curl(f"http://{AT}/healthz", trust=False)
    demand(status != 0 and not out, "plain HTTP was answered", status, out)
    with socket.create_connection(("127.0.0.1", PORT), 10) as s:
        s.sendall(os.urandom(600))
        demand(not s.recv(100).startswith(b"HTTP"), "noise was answered")
    until(lambda: metric("tls_handshakes_failed_total") >= before + 2, 10, "both counted")
    equal(curl(f"https://{AT}/healthz")[0], 0, "curl afterwards")


@case
def a_thousand_idle_handshakes_keep_nobody_out():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 200:
        raise Skip(f"only {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    state["node"].api.close()
    idle = []
    try:
        for _ in range(IDLE):
            idle.append(socket.create_connection(("127.0.0.1", PORT), 10))
        equal(curl(f"https://{AT}/healthz")[0], 0, "curl among the idle")
        demand(metric("tls_handshakes") <= 256, "handshakes under way")
    finally:
        for s in idle:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    state["node"].api.close()
    equal(state["node"].api.call("GET", "/healthz")[0], 200, "afterwards")


@case
def a_session_goes_by_a_secure_cookie():
    where = folder()
    jar, token = where / "jar", state["node"].api.token
    status, out, err = curl("-c", jar, "-H", "Content-Type: application/json", "-d",
                            f'{{"token":"{token}"}}', "-D", "-",
                            f"https://{AT}/api/v1/session")
    demand(status == 0 and re.search(r"(?i)set-cookie: .*; Secure", out), out, err)
    demand("strict-transport-security" not in out.lower(), "HSTS for a certificate of its own")
    csrf = re.search(r'"csrf":"([^"]+)"', out).group(1)
    _, out, _ = curl("-b", jar, f"https://{AT}/api/v1/session")
    demand('"role":"admin"' in out, out)
    status, out, _ = curl("-b", jar, "-X", "DELETE", "-H", f"X-CSRF-Token: {csrf}", "-o",
                          "/dev/null", "-w", "%{http_code}", f"https://{AT}/api/v1/session")
    equal(out, "204", "sign out")


@case
def a_browser_shows_the_console():
    home = folder()
    status, out, err = run("chromium", "--headless", "--no-sandbox", "--disable-gpu",
                           f"--user-data-dir={home}", "--ignore-certificate-errors",
                           "--virtual-time-budget=3000", "--dump-dom", f"https://{AT}/",
                           seconds=90)
    demand(status == 0 and "<html" in out and "<title>" in out, status, out[:300], err[-300:])
    demand("ERR_" not in out, out[:300])
    return re.search(r"<title>([^<]*)", out).group(1)


@case
def a_client_may_show_a_certificate_and_need_not():
    key, certificate = make_pair(folder(), "client")
    for words in ((), ("--cert", certificate, "--key", key)):
        status, _, err = curl(*words, f"https://{AT}/healthz")
        equal((status, err), (0, ""), words)


@case
def the_fingerprint_stays_over_a_restart():
    node = state["node"]
    before = shown()
    equal(node.stop(), 0, "stop")
    node.start()
    equal(shown(), before, "after the restart")
    equal(node.stop(), 0, "stop")


@case
def sighup_shows_a_new_pair_and_keeps_the_old_one_when_it_is_no_good():
    where = folder()
    key, certificate = make_pair(where, "first")
    other_key, other = make_pair(where, "second")
    text = with_lines(plant_config(where), http=f'"{AT}"\n  tls: {{mode: always, '
                      f'certificate: {certificate}, key: {key}}}')
    node = state["node"] = Node(where, text).start()
    equal(shown(), fingerprint(certificate), "at the start")
    stream = socket.create_connection(("127.0.0.1", PORT), 10)
    held = node.api.tls.wrap_socket(stream, server_hostname="127.0.0.1")
    held.sendall(f"GET /api/v1/live HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer "
                 f"{node.api.token}\r\n\r\n".encode())
    demand(b"text/event-stream" in held.recv(4096), "an event stream")
    shutil.copy(other, certificate)
    node.process.run.send_signal(signal.SIGHUP)
    refused = until(lambda: [e for e in node.api.events(class_="life")
                             if e["message"] == "CERTIFICATE_REFUSED"], 10, "refused")
    demand("not the key" in refused[0]["text"], refused[0])
    node.api.close()
    demand(shown() != fingerprint(other), "a half-changed pair was shown")
    shutil.copy(other_key, key)
    node.process.run.send_signal(signal.SIGHUP)
    until(lambda: shown() == fingerprint(other), 10, "the new certificate")
    demand(held.recv(4096), "the open stream goes on")
    held.close()
    node.api.close()
    _, out, _ = curl("-D", "-", "-o", "/dev/null", f"https://{AT}/healthz")
    demand("strict-transport-security" in out.lower(), "HSTS for the operator's", out)
    equal(node.process.stop(), 0, "stop")


@case
def check_warns_of_a_pair_that_is_no_good_or_out_of_date():
    where = folder()
    key, certificate = make_pair(where, "one")
    other_key, _ = make_pair(where, "two")
    (where / "ca.conf").write_text(EXPIRED)
    (where / "index").write_text("")
    (where / "serial").write_text("01\n")
    openssl("req", "-new", "-key", key, "-subj", "/CN=one", "-out", "one.csr", where=where)
    openssl("ca", "-config", "ca.conf", "-selfsign", "-keyfile", key, "-in", "one.csr", "-out",
            "old.crt", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-batch",
            "-notext", where=where)
    path = where / "jizhu.yaml"
    text = plant_config(where)
    rows = ((certificate, key, None), (certificate, other_key, "not the key"),
            (where / "old.crt", key, "expired at 2020-02-01"), (where / "no.crt", key, "no.crt"))
    for shows, holds, word in rows:
        path.write_text(with_lines(text, http=f'"{AT}"\n  tls: {{mode: always, '
                                   f'certificate: {shows}, key: {holds}}}'), encoding="utf-8")
        status, _, err = command("check", path)
        equal(status, 0, err)
        demand(word in err if word else not err, word, err)


if __name__ == "__main__":
    space.enter()
    place = folder()
    state["node"] = Node(place, with_lines(
        plant_config(place), http=f'"0.0.0.0:{PORT}"\n  tls: {{clients: optional}}')).start()
    try:
        tap.main()
    finally:
        state["node"].process.kill()
