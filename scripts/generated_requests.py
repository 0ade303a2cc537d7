"""Runs schemathesis against a throw-away service, once as each of some users. See schemathesis.sh."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from pathlib import Path

# Who may do most, whose money moves, who may only read, and who manages users.
ROLES = ["maker", "finance", "cashier", "auditor", "administrator"]
# Undocumented statuses and failures are what is looked for. Whether a body fits its schema is checked too; whether bad data is
# refused is not: many rules are not in the description.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# They would end the very user or token that calls.
ENDING = "/v1/(users/[^/]*/(disable|password)|tokens/[^/]*/revoke|sessions.*|me/password|grants/.*)"
PASSWORD = "correct horse battery staple"
ADMINISTRATOR = "bangfu_" + "0" * 32 + "_" + "5c" * 32


class Service:
    """`bangfu serve` on a cluster of its own."""

    def __init__(self, program):
        self.directory = tempfile.mkdtemp(prefix="bangfu-schemathesis-")
        environment = dict(os.environ, LANG="en_US.UTF-8", BANGFU_TOKEN=ADMINISTRATOR, BANGFU_LISTEN="127.0.0.1:0",
                           BANGFU_DATA_DIR=self.directory + "/postgres", BANGFU_LOG="error", BANGFU_SHUTDOWN_SECONDS="5")
        for variable in ["LC_ALL", "DATABASE_URL", "BANGFU_OWNER_DATABASE_URL", "BANGFU_KEY_FILE", "BANGFU_KEYS"]:
            environment.pop(variable, None)
        os.chmod(self.directory, 0o755)
        self.log = open("target/schemathesis/service.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen([program, "serve"], env=environment, stdout=self.log, stderr=subprocess.PIPE, text=True)
        self.url = self.wait()

    def wait(self):
        for line in self.process.stderr:
            self.log.write(line)
            found = re.search(r"http://[0-9.]+:[0-9]+", line)
            if found:
                # The rest goes into the log as well.
                subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=self.log)
                return found.group()
        raise SystemExit("the service did not start; see target/schemathesis/service.log")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        shutil.rmtree(self.directory, ignore_errors=True)

    def post(self, path, body, token=None, federation=None):
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        if token:
            headers["Authorization"] = "Bearer " + token
        if federation:
            headers["Bangfu-Federation"] = federation
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as response:
            return json.load(response), response.headers

    def token_of(self, federation, role):
        """Makes a user of the role who logs in and makes a token."""
        administer = lambda path, body: self.post(path, body, ADMINISTRATOR, federation)[0]
        user = administer("/v1/users", {"login": role, "name": role, "password": PASSWORD})["id"]
        administer(f"/v1/users/{user}/grants", {"role": role, "reason": "schemathesis"})
        session, headers = self.post("/v1/sessions", {"federation": "test", "login": role, "password": PASSWORD})
        request = urllib.request.Request(
            self.url + "/v1/tokens", json.dumps({"name": "schemathesis"}).encode(),
            {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4()), "Bangfu-CSRF": session["csrf_token"],
             "Cookie": headers["Set-Cookie"].split(";")[0]})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as response:
            return json.load(response)["secret"]


def fill(service, tokens):
    """Something of most kinds, so that lists have rows and ids can be known."""
    maker = lambda path, body: service.post(path, body, tokens["maker"])[0]["id"]
    for code, name in [("510599", "测试区"), ("510500", "测试市")]:
        service.post("/v1/regions", {"code": code, "name": name}, ADMINISTRATOR)
    union = maker("/v1/organisations", {"kind": "city_union", "name": "测试市总工会"})
    treasury = maker("/v1/organisations", {"kind": "treasury", "name": "测试市财政局"})
    document = maker("/v1/documents", {"issuer": "财政厅", "number": "财建1号", "title": "通知", "kind": "allocation", "issued_on": "2022-01-05"})
    source = maker("/v1/fund-sources", {"name": "省级财政", "level": "provincial", "return_to_organisation_id": treasury})
    appropriation = service.post("/v1/appropriations", {
        "document_id": document, "name": "资金", "fiscal_year": 2022, "organisation_id": union, "amount": "100000.00", "granted_on": "2022-01-10",
        "lines": [{"name": "帮扶", "purpose": "困难帮扶", "fund_source_id": source, "amount": "100000.00", "channels": ["one_card"]}],
    }, tokens["maker"])[0]
    line = appropriation["lines"][0]["id"]
    maker("/v1/standards", {"allocation_line_id": line, "category": "relative", "unit": "household", "amount": "500.00", "mode": "exact",
                            "valid_from": "2022-01-01"})
    person = maker("/v1/persons", {"name": "测试甲", "identity_number": "510599199001010017", "region_code": "510599",
                                   "payee_accounts": [{"kind": "one_card", "number": "6229990000000000019"}]})
    household = maker("/v1/households", {"head": person, "region_code": "510599", "member_from": "2015-01-01"})
    maker("/v1/dossiers", {"household_id": household, "number": "D1", "system": "national", "level": "city", "category": "relative",
                           "opened_on": "2020-03-01"})
    maker("/v1/model-workers", {"person_id": person, "region_code": "510599",
                                "honours": [{"level": "provincial", "title": "劳动模范", "awarded_on": "2010-05-01"}]})
    plan = maker("/v1/plans", {
        "name": "方案", "organisation_id": union, "fiscal_year": 2022, "purpose": "困难帮扶", "period": "2022", "cutoff_on": "2022-08-11",
        "funding": [{"allocation_line_id": line}],
        "tiers": [{"name": "名单", "kind": "person", "channel": "one_card",
                   "population": {"listed": {"category": "undossiered", "recipients": [{"person_id": person, "amount": "100.00"}]}}}],
    })
    maker(f"/v1/plans/{plan}/roster", {})


def run(service, role, token, seconds):
    """What schemathesis finds as one user; whether it found nothing."""
    print(f"\n--> as {role}", flush=True)
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", service.url + "/openapi.json",
        "--header", f"Authorization: Bearer {token}", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-time", str(seconds),
        "--max-examples", "20", "--exclude-path-regex", ENDING, "--continue-on-failure", "--workers", "1", "--no-color", "--warnings", "off",
        "--suppress-health-check", "all", "--generation-database", "none", "--request-timeout", "30", "--no-shrink",
        "--report", "ndjson", "--report-dir", f"target/schemathesis/report-{role}",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment.update(SCHEMATHESIS_HOOKS="generated_requests_hooks", PYTHONPATH=str(Path(__file__).parent))
    return subprocess.run(command, env=environment, check=False).returncode == 0


def main():
    program, seconds = sys.argv[1], int(sys.argv[2])
    service = Service(program)
    try:
        federation = service.post("/v1/federations", {"name": "测试", "code": "test"}, ADMINISTRATOR)[0]["id"]
        tokens = {role: service.token_of(federation, role) for role in ROLES}
        fill(service, tokens)
        sound = [run(service, role, token, seconds) for role, token in tokens.items()]
    finally:
        service.stop()
    if not all(sound):
        raise SystemExit("schemathesis found something; failures of the service are told in target/schemathesis/service.log")
    print("schemathesis found nothing")


main()
