"""Lets generated requests get further: a key of their own each, and ids of things that are there. See schemathesis.sh."""

import random
import re
import uuid

import schemathesis

# What was answered so far: collection, such as `plans`, to ids.
KNOWN = {}
# Fields of bodies, and the collection that their id is of.
REFERENCES = {
    "organisation_id": "organisations", "parent_id": "organisations", "return_to_organisation_id": "organisations", "document_id": "documents",
    "fund_source_id": "fund-sources", "appropriation_id": "appropriations", "allocation_line_id": "allocation-lines", "plan_id": "plans",
    "person_id": "persons", "head": "persons", "household_id": "households", "dossier_id": "dossiers", "payee_account_id": "payee-accounts",
    "instruction_id": "instructions", "batch_id": "batches",
}
# A fixed seed: what one run finds, the next finds too.
CHOICE = random.Random(20221125)


def known(collection):
    ids = KNOWN.get(collection)
    return CHOICE.choice(ids) if ids and CHOICE.random() < 0.8 else None


def refer(value):
    """Puts known ids in the place of generated ones."""
    if isinstance(value, dict):
        for name, member in value.items():
            found = known(REFERENCES[name]) if name in REFERENCES and isinstance(member, str) else None
            if found:
                value[name] = found
            else:
                refer(member)
    elif isinstance(value, list):
        for member in value:
            refer(member)


@schemathesis.hook
def before_call(context, case, kwargs):
    mode = case.meta.generation.mode if case.meta else None
    if mode is None or not mode.is_positive:
        return
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if case.headers and "If-Match" in case.headers and CHOICE.random() < 0.8:
        case.headers["If-Match"] = '"1"'
    if case.path_parameters and "id" in case.path_parameters:
        collection = case.operation.path.split("/{id}")[0].rsplit("/", 1)[-1]
        case.path_parameters["id"] = known(collection) or case.path_parameters["id"]
    refer(case.body)


def learn(collection, value):
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        ids = KNOWN.setdefault(collection, [])
        if value["id"] not in ids:
            ids.append(value["id"])
        for line in value.get("lines") or []:
            learn("allocation-lines", line)


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code not in (200, 201) or not re.fullmatch("/v1/[a-z-]+", case.operation.path):
        return
    try:
        answer = response.json()
    except ValueError:
        return
    collection = case.operation.path.rsplit("/", 1)[-1]
    items = answer.get("items", [answer]) if isinstance(answer, dict) else answer
    for item in items:
        learn(collection, item)
