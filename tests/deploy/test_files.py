"""What deploy/ and the Dockerfile say about commands, variables, ports and limits is what the code says."""

from __future__ import annotations

import inspect
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from server.bodies import MAX_BODY
from server.commands.cli import app
from server.commands.serve import serve
from server.connections.guard import Guard
from server.settings import Settings
from tests.deploy.commands import (
    COMPOSE,
    DEPLOY,
    KUBERNETES,
    ROOT,
    commands,
    names_of_backups,
    of_kind,
    ours,
    pods,
    set_by,
)
from tests.support.installed import need

FILES = [ROOT / "Dockerfile", *filter(Path.is_file, DEPLOY.rglob("*"))]
PORT = str(inspect.signature(serve).parameters["port"].default)
IN_PLACE_OF_SECRETS = re.compile(r"\$\{\w+:\?\}")


def parsed(arguments: list[str]) -> str:
    """The command's name, once Typer has taken its arguments, without doing anything."""
    command = typer.main.get_command(app)
    names = []
    while isinstance(command, TyperGroup):
        name, *arguments = arguments
        names.append(name)
        command = command.commands[name]
    command.make_context(names[-1], arguments)
    return " ".join(names)


def test_what_is_run_is_a_command_with_options_that_it_has() -> None:
    run = {(where, parsed(arguments)) for where, arguments in commands()}
    assert {"serve", "worker", "migrate", "backup", "account create", "key create"} == {
        name for _, name in run
    }
    assert {"compose.yaml worker", "kubernetes server", "invoicing-backup.service", "backup.yaml"} <= {
        where for where, _ in run
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_is_set_is_a_setting(file: Path) -> None:
    assert {name.removeprefix("INVOICING_").lower() for name in set_by(file)} <= set(Settings.model_fields)


def settings(variables: dict[str, Any]) -> Settings:
    """The settings that a server with these variables has; what a person fills in is something long."""
    filled = {name: IN_PLACE_OF_SECRETS.sub("0" * 64, str(value)) for name, value in variables.items()}
    return Settings.model_validate(
        {
            name.removeprefix("INVOICING_").lower(): value
            for name, value in filled.items()
            if name.startswith("INVOICING_")
        }
    )


def test_the_values_in_the_compose_file_are_taken() -> None:
    need("obstore")
    for name, service in ours().items():
        made = settings(service["environment"])
        assert not made.is_embedded
        assert made.base_url.startswith("https://")
        if name.startswith("server"):
            assert made.trusted_proxies.split()[0] in str(COMPOSE["networks"])


def test_the_values_in_the_manifests_are_taken() -> None:
    need("obstore")
    (config,) = of_kind("Kustomization")[0]["configMapGenerator"]
    (secret,) = of_kind("Secret")
    shown = dict(literal.split("=", 1) for literal in config["literals"])
    assert not settings({**secret["stringData"], **shown, "INVOICING_SECRET_KEY": "0" * 64}).is_embedded


def test_what_the_compose_file_asks_for_is_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "compose.yaml").read_text()))
    assert wanted == set(re.findall(r"^(\w+)=", (DEPLOY / "example.env").read_text(), re.MULTILINE))


def test_every_port_is_the_one_that_is_listened_on() -> None:
    said = {
        "Dockerfile": re.findall(r"^EXPOSE (\d+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE),
        "compose.yaml": re.findall(r"server-\d:(\d+)", (DEPLOY / "compose.yaml").read_text()),
        "manifests": [
            str(each["containerPort"]) for pod in pods() for each in pod["containers"][0].get("ports", [])
        ],
    }
    assert {port for ports in said.values() for port in ports} == {PORT}
    assert all(said.values())


def test_the_proxies_name_the_servers_that_the_units_start() -> None:
    unit = (DEPLOY / "systemd" / "invoicing-server@.service").read_text()
    started = set(re.findall(r"invoicing-server@(\d+)", unit))
    for proxy in ("nginx.conf", "Caddyfile"):
        assert set(re.findall(r"127\.0\.0\.1:(\d+)", (DEPLOY / proxy).read_text())) == started


def test_the_proxies_leave_it_to_the_servers_to_refuse_what_is_too_large() -> None:
    nginx, caddy = ((DEPLOY / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    (ingress,) = of_kind("Ingress")
    bodies = [
        *re.findall(r"client_max_body_size +(\d+)k;", nginx),
        *re.findall(r"max_size (\d+)KB", caddy),
        ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"].removesuffix("k"),
    ]
    assert [MAX_BODY < int(body) * 1000 < MAX_BODY * 1.1 for body in bodies] == [True] * 3
    heads = [
        *re.findall(r"large_client_header_buffers 4 (\d+)k;", nginx),
        *re.findall(r"header_size (\d+)KB", caddy),
    ]
    assert [int(head) * 1024 for head in heads] == [Guard().limits.head_size] * 2


def test_no_proxy_logs_the_links_that_open_for_whoever_has_them() -> None:
    nginx, caddy = ((DEPLOY / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    assert re.findall(r"access_log .*;", nginx) == ["access_log off;"]
    assert not re.search(r"^\s*log\b", caddy, re.MULTILINE)  # it logs no requests unless it is told to
    (ingress,) = of_kind("Ingress")
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/enable-access-log"] == "false"


def test_no_container_may_do_more_than_it_must() -> None:
    for service in ours().values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    for pod in pods():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["enableServiceLinks"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert {"requests", "limits"} == container["resources"].keys()


def test_the_probes_and_the_disruption_budget_are_about_pods_that_are_there() -> None:
    deployments = {each["spec"]["selector"]["matchLabels"]["app"] for each in of_kind("Deployment")}
    budgets = {each["spec"]["selector"]["matchLabels"]["app"] for each in of_kind("PodDisruptionBudget")}
    assert deployments == budgets == {"invoicing-server", "invoicing-worker"}
    (server,) = [pod["containers"][0] for pod in pods() if "readinessProbe" in pod["containers"][0]]
    probed = {
        server[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    # What /readyz asks for, all servers share: none would be left.
    assert probed == {"/healthz"}
    assert {each["spec"]["selector"]["app"] for each in of_kind("Service")} == {"invoicing-server"}


def test_a_second_backup_of_a_day_has_a_folder_of_its_own() -> None:
    """Before a new version one is made by hand, after the night's; a folder that is not empty is refused."""
    night = datetime(2026, 11, 27, 3, tzinfo=UTC)
    for written in names_of_backups().values():
        assert night.strftime(written) != (night + timedelta(seconds=1)).strftime(written)
        assert re.fullmatch(r"[\w-]+", night.strftime(written))


def test_a_container_may_take_as_long_to_stop_as_its_unit() -> None:
    for name, unit in (("server-1", "invoicing-server@"), ("worker", "invoicing-worker@")):
        written = (DEPLOY / "systemd" / f"{unit}.service").read_text()
        assert ours()[name]["stop_grace_period"].removesuffix("s") in re.findall(
            r"^TimeoutStopSec=(\d+)$", written, re.MULTILINE
        )


def test_every_manifest_is_applied_but_the_one_to_fill_in() -> None:
    (kustomization,) = of_kind("Kustomization")
    files = {file.name for file in (DEPLOY / "kubernetes").glob("*.yaml")}
    assert files - {"kustomization.yaml", "secret.example.yaml"} == set(kustomization["resources"])
    assert len(KUBERNETES) >= len(files)


def test_the_image_gets_all_that_the_program_is_made_of() -> None:
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["packages"]) <= set(sent)
    assert [name for name in sent if not (ROOT / name).exists()] == []
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert [name for name in copied if name != "." and name.partition("/")[0] not in (*sent, "deploy")] == []
