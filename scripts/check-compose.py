"""Checks a compose file where `docker compose config` is not available.

Finds what breaks most easily: bad YAML, keys given twice, misspelt keys, references to services
and volumes that do not exist, waiting for the health of a service that does not tell it, and
variables written in a way compose cannot expand. Needs PyYAML.
"""

import re
import sys

import yaml

TOP_LEVEL = {"name", "services", "volumes", "networks", "configs", "secrets"}
# What this project's file may use; extend it when the file does.
SERVICE = {
    "build", "cap_drop", "command", "depends_on", "entrypoint", "environment", "expose",
    "healthcheck", "image", "init", "networks", "ports", "pull_policy", "read_only", "restart",
    "security_opt", "stop_grace_period", "tmpfs", "user", "volumes",
}
HEALTHCHECK = {"test", "interval", "timeout", "retries", "start_period", "disable"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
RESTART = re.compile(r"(no|always|unless-stopped|on-failure(:\d+)?)\Z")
NAME = re.compile(r"[a-zA-Z0-9._-]+\Z")
DURATION = re.compile(r"(\d+(h|ms|us|m|s))+\Z")
VARIABLE = re.compile(
    r"\$(?:\$|[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*(?:(?::?[-?+])[^{}]*)?\})"
)


class Loader(yaml.SafeLoader):
    """YAML as compose reads it: a key given twice is an error."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            # Merge keys may stand more than once.
            if key_node.tag != "tag:yaml.org,2002:merge" and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def strings(value):
    """All strings in a structure."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def unknown(keys, known):
    return sorted(str(key) for key in keys if key not in known and not str(key).startswith("x-"))


def check_service(name, service, services, volumes):
    if not NAME.match(str(name)):
        yield "the name is not allowed"
    if not isinstance(service, dict):
        yield "it is not a mapping"
        return
    for key in unknown(service, SERVICE):
        yield f"unknown key {key}"
    if "image" not in service and "build" not in service:
        yield "it has neither image nor build"
    if "restart" in service and not (
        isinstance(service["restart"], str) and RESTART.match(service["restart"])
    ):
        yield f"restart cannot be {service['restart']!r} (quote \"no\")"

    environment = service.get("environment", {})
    if isinstance(environment, dict):
        for key, value in environment.items():
            if isinstance(value, (bool, dict, list)):
                yield f"the variable {key} has to be a quoted string"
    elif not isinstance(environment, list):
        yield "environment is neither a mapping nor a list"

    for key in ("ports", "volumes", "tmpfs", "cap_drop", "security_opt"):
        if key in service and not isinstance(service[key], list):
            yield f"{key} is not a list"
    for volume in service.get("volumes") or []:
        if isinstance(volume, str):
            source = volume.split(":", 1)[0]
            if ":" in volume and not source.startswith((".", "/", "~", "$")) and source not in volumes:
                yield f"the volume {source} is not declared"

    depends_on = service.get("depends_on", {})
    if isinstance(depends_on, list):
        depends_on = {other: {"condition": "service_started"} for other in depends_on}
    for other, how in depends_on.items():
        condition = how.get("condition") if isinstance(how, dict) else None
        if other not in services:
            yield f"it depends on {other}, which does not exist"
        elif condition not in CONDITIONS:
            yield f"it depends on {other} with the unknown condition {condition}"
        elif (
            condition == "service_healthy"
            # The image of a service built here brings its own health check.
            and "build" not in services[other]
            and "healthcheck" not in services[other]
        ):
            yield f"it waits for the health of {other}, which has no healthcheck"

    healthcheck = service.get("healthcheck", {})
    if not isinstance(healthcheck, dict):
        yield "healthcheck is not a mapping"
        return
    for key in unknown(healthcheck, HEALTHCHECK):
        yield f"unknown key {key} in healthcheck"
    test = healthcheck.get("test")
    if isinstance(test, list) and (not test or test[0] not in ("CMD", "CMD-SHELL", "NONE")):
        yield "the healthcheck's test has to begin with CMD, CMD-SHELL or NONE"
    for key in ("interval", "timeout", "start_period"):
        if key in healthcheck and not DURATION.match(str(healthcheck[key])):
            yield f"{key} in healthcheck is not a duration"


def cycle(services):
    """A service that depends on itself through others, if there is one."""
    def reaches(start, name, seen):
        service = services.get(name)
        for other in (service.get("depends_on") or []) if isinstance(service, dict) else []:
            if other == start or (
                other not in seen and reaches(start, other, seen | {other})
            ):
                return True
        return False

    return next((name for name in services if reaches(name, name, {name})), None)


def check(document):
    if not isinstance(document, dict):
        yield "it is not a mapping"
        return
    for key in unknown(document, TOP_LEVEL):
        yield f"unknown key {key}"
    services = document.get("services")
    if not isinstance(services, dict) or not services:
        yield "it has no services"
        return
    volumes = document.get("volumes") or {}
    for name, service in services.items():
        for problem in check_service(name, service, services, volumes):
            yield f"service {name}: {problem}"
    if (name := cycle(services)) is not None:
        yield f"service {name}: it depends on itself"
    for text in strings(document):
        if "$" in VARIABLE.sub("", text):
            yield f"cannot expand the variable in {text!r} (a plain $ is written $$)"


def main():
    path = sys.argv[1]
    try:
        with open(path, encoding="utf-8") as file:
            document = yaml.load(file, Loader)
    except (OSError, yaml.YAMLError) as error:
        sys.exit(f"compose-check: {path}: {error}")
    problems = list(check(document))
    if problems:
        sys.exit("\n".join(f"compose-check: {path}: {problem}" for problem in problems))
    print(f"compose-check: {path} is well-formed (docker compose is not here for the full check)")


if __name__ == "__main__":
    main()
