# SPDX-License-Identifier: Apache-2.0
"""pyhandle as a client of the node, for group_pyhandle.py. Each function is one case; all
run in the order they stand in, and one line of JSON tells of each.

usage: peer_pyhandle.py version | names | URL PREFIX TRUST SECRET CERTIFICATE KEY WRONG_KEY"""
import json
import sys
import traceback

import pyhandle
from pyhandle.handleclient import PyHandleClient, RESTHandleClient
from pyhandle.clientcredentials import PIDClientCredentials
from pyhandle.handleexceptions import (GenericHandleError, HandleAlreadyExistsException,
                                       HandleAuthenticationError, HandleNotFoundException)

CASES = []


def case(function):
    CASES.append(function)
    return function


class World:
    def __init__(self, url, prefix, trust, secret, certificate, key, wrong_key):
        self.url, self.prefix, self.trust, self.secret = url, prefix, trust, secret
        self.certificate, self.key, self.wrong_key = certificate, key, wrong_key
        self.owner = f"200:0.NA/{prefix}"

    def name(self, suffix):
        return f"{self.prefix}/{suffix}"

    def reader(self):
        return RESTHandleClient.instantiate_for_read_access(self.url, HTTPS_verify=self.trust)

    def by_secret(self, secret=None, user=None):
        return RESTHandleClient.instantiate_with_username_and_password(
            self.url, user or f"301:0.NA/{self.prefix}", secret or self.secret,
            handleowner=self.owner, HTTPS_verify=self.trust)

    def by_certificate(self, key=None):
        found = PIDClientCredentials(client="rest", handle_server_url=self.url,
                                     certificate_only=self.certificate,
                                     private_key=key or self.key, prefix=self.prefix)
        return RESTHandleClient.instantiate_with_credentials(
            found, handleowner=self.owner, HTTPS_verify=self.trust)


def must(truth, what):
    if not truth:
        raise AssertionError(what)


def fails(kind, call, *words, **more):
    try:
        call(*words, **more)
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind}")


@case
def reads_a_record_as_json(w):
    record = w.reader().retrieve_handle_record_json(w.name("READ"))
    must(record["responseCode"] == 1 and record["handle"] == w.name("READ"), record)
    must(record["values"][0]["data"] == {"format": "string", "value": "https://example.com/r"},
         record)


@case
def reads_a_record_as_a_dictionary(w):
    record = w.reader().retrieve_handle_record(w.name("READ"))
    must(record["URL"] == "https://example.com/r" and record["DESC"] == "读取", record)


@case
def reads_one_value(w):
    must(w.reader().get_value_from_handle(w.name("READ"), "DESC") == "读取", "DESC")
    must(w.reader().get_value_from_handle(w.name("READ"), "NONE") is None, "NONE")


@case
def reads_by_index(w):
    record = w.reader().retrieve_handle_record_json(w.name("READ"), indices=[2])
    must([v["index"] for v in record["values"]] == [2], record)


@case
def reads_by_type_and_authoritatively(w):
    record = w.reader().retrieve_handle_record_json(w.name("READ"), auth=True, type=["DESC"])
    must([v["type"] for v in record["values"]] == ["DESC"], record)


@case
def finds_nothing_where_nothing_is(w):
    must(w.reader().retrieve_handle_record_json(w.name("NONE")) is None, "a record")


@case
def reads_no_secret(w):
    record = w.reader().retrieve_handle_record_json(f"0.NA/{w.prefix}")
    must(all(v["type"] != "HS_SECKEY" for v in record["values"]), record)


@case
def may_not_write_without_credentials(w):
    fails(HandleAuthenticationError, w.reader().register_handle, w.name("X"), "https://x.example")


@case
def registers_by_secret(w):
    made = w.by_secret().register_handle(w.name("NEW"), "https://example.com/new", checksum="123",
                                         COLOUR="blue")
    must(made == w.name("NEW"), made)
    record = w.reader().retrieve_handle_record(w.name("NEW"))
    must(record["URL"] == "https://example.com/new" and record["CHECKSUM"] == "123" and
         record["COLOUR"] == "blue" and "HS_ADMIN" in record, record)


@case
def registers_a_name_once(w):
    fails(HandleAlreadyExistsException, w.by_secret().register_handle, w.name("NEW"),
          "https://example.com/other")


@case
def overwrites_when_told_to(w):
    w.by_secret().register_handle(w.name("NEW"), "https://example.com/two", overwrite=True)
    must(w.reader().get_value_from_handle(w.name("NEW"), "URL") == "https://example.com/two", "URL")


@case
def registers_a_name_of_its_own_making(w):
    made = w.by_secret().generate_and_register_handle(w.prefix, "https://example.com/made")
    must(made.startswith(w.prefix + "/"), made)
    must(w.reader().get_value_from_handle(made, "URL") == "https://example.com/made", made)


@case
def registers_entries_given_as_json(w):
    client = w.by_secret()
    w_name = w.name("JSON")
    client.register_handle_json(w_name, [
        {"index": 1, "type": "URL", "data": {"format": "string", "value": "https://example.com/j"}},
        {"index": 2, "type": "RAW", "data": {"format": "base64", "value": "/wCA"}},
        {"index": 100, "type": "HS_ADMIN", "data": {"format": "admin", "value": {
            "handle": f"0.NA/{w.prefix}", "index": "200", "permissions": "011111110011"}}}])
    record = w.reader().retrieve_handle_record_json(w_name)
    must(record["values"][1]["data"] == {"format": "base64", "value": "/wCA"}, record)
    must(record["values"][2]["data"]["value"]["permissions"] == "011111110011", record)


@case
def modifies_a_value(w):
    w.by_secret().modify_handle_value(w.name("NEW"), URL="https://example.com/three")
    must(w.reader().get_value_from_handle(w.name("NEW"), "URL") == "https://example.com/three",
         "URL")


@case
def adds_a_value_with_a_time_to_live(w):
    w.by_secret().add_handle_value(w.name("NEW"), ttl=60, SHORT="for a minute")
    record = w.reader().retrieve_handle_record_json(w.name("NEW"))
    must([v["ttl"] for v in record["values"] if v["type"] == "SHORT"] == [60], record)


@case
def adds_a_value(w):
    w.by_secret().modify_handle_value(w.name("NEW"), WEIGHT="12 kg")
    record = w.reader().retrieve_handle_record(w.name("NEW"))
    must(record["WEIGHT"] == "12 kg" and record["URL"] == "https://example.com/three", record)


@case
def deletes_a_value(w):
    w.by_secret().delete_handle_value(w.name("NEW"), "WEIGHT")
    must("WEIGHT" not in w.reader().retrieve_handle_record(w.name("NEW")), "WEIGHT")


@case
def writes_text_of_any_script(w):
    text = "电芯 42 – “ü” 🙂"
    w.by_secret().modify_handle_value(w.name("NEW"), DESC=text)
    must(w.reader().get_value_from_handle(w.name("NEW"), "DESC") == text, "DESC")


@case
def may_not_write_with_a_wrong_secret(w):
    fails(HandleAuthenticationError, w.by_secret(secret="nope").delete_handle, w.name("NEW"))


@case
def may_not_be_who_is_not_there(w):
    fails(HandleNotFoundException, w.by_secret, user=f"301:{w.name('NOBODY')}")


@case
def may_not_do_what_its_identity_has_no_right_to(w):
    client = w.by_secret(secret="another", user=f"303:0.NA/{w.prefix}")
    fails(GenericHandleError, client.delete_handle, w.name("NEW"))


@case
def deletes_by_secret(w):
    w.by_secret().delete_handle(w.name("NEW"))
    must(w.reader().retrieve_handle_record_json(w.name("NEW")) is None, "still there")


@case
def does_not_delete_what_is_not_there(w):
    fails(HandleNotFoundException, w.by_secret().delete_handle, w.name("NONE"))


@case
def registers_by_certificate(w):
    w.by_certificate().register_handle(w.name("BYCERT"), "https://example.com/c")
    must(w.reader().get_value_from_handle(w.name("BYCERT"), "URL") == "https://example.com/c", "URL")


@case
def modifies_and_deletes_by_certificate(w):
    client = w.by_certificate()
    client.modify_handle_value(w.name("BYCERT"), URL="https://example.com/c2")
    must(w.reader().get_value_from_handle(w.name("BYCERT"), "URL") == "https://example.com/c2", "URL")
    client.delete_handle(w.name("BYCERT"))
    must(w.reader().retrieve_handle_record_json(w.name("BYCERT")) is None, "still there")


@case
def may_not_write_with_a_certificate_of_another_key(w):
    client = RESTHandleClient.instantiate_with_credentials(
        PIDClientCredentials(client="rest", handle_server_url=w.url, certificate_and_key=w.wrong_key,
                             prefix=w.prefix), handleowner=w.owner, HTTPS_verify=w.trust)
    # It looks first whether the name is free, and that is refused already.
    fails((GenericHandleError, HandleAuthenticationError), client.register_handle,
          w.name("STOLEN"), "https://x.example")


@case
def works_through_the_common_client_too(w):
    client = PyHandleClient("rest").instantiate_with_username_and_password(
        w.url, f"301:0.NA/{w.prefix}", w.secret, handleowner=w.owner, HTTPS_verify=w.trust)
    client.register_handle(w.name("COMMON"), "https://example.com/common")
    must(client.get_value_from_handle(w.name("COMMON"), "URL") == "https://example.com/common", "URL")


def main():
    if sys.argv[1] == "version":
        print(getattr(pyhandle, "__version__", "?"))
        return
    if sys.argv[1] == "names":
        print(json.dumps([f.__name__ for f in CASES]))
        return
    world = World(*sys.argv[1:])
    for function in CASES:
        trouble = None
        try:
            function(world)
        except Exception:  # whatever it is, it is this case's
            trouble = traceback.format_exc()
        print(json.dumps({"name": function.__name__, "trouble": trouble}), flush=True)


main()
