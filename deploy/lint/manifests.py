"""Holds built Kubernetes manifests to Kubernetes' schemas, to KEDA's, and to a few rules of ours.

Usage: manifests.py FILE …   Prints each fault on a line, and ends with 1 where there is one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from cloudcoil.models.keda import v1alpha1 as keda
from pydantic import ValidationError

VERSIONS = ("1.30", "1.37")
"""The oldest that is supported here, and the newest that the schemas know."""


def faults(file: Path) -> Iterator[str]:
    """What is wrong with the manifests of one overlay."""
    documents = [one for one in yaml.safe_load_all(file.read_text()) if one]
    for one in documents:
        for fault in (*_schema(one), *(_pod(one) if "template" in one.get("spec", {}) else ())):
            yield f"{file.stem}: {one['kind']} {one['metadata']['name']}: {fault}"
    for fault in _together(documents):
        yield f"{file.stem}: {fault}"


def _schema(one: dict[str, Any]) -> Iterator[str]:
    if one["apiVersion"].startswith("keda.sh/"):
        model = getattr(keda, one["kind"])
        try:
            read = model.model_validate(one)
        except ValidationError as error:
            yield from (f"{fault['loc']}: {fault['msg']}" for fault in error.errors())
        else:
            yield from _left_out(one, read.model_dump(by_alias=True, exclude_none=True), "")
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(one, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{version}: {'/'.join(map(str, error.path))}: {error.message}"


def _left_out(given: Any, read: Any, path: str) -> Iterator[str]:
    """Names that the schema does not know: the model drops them without a word."""
    if isinstance(given, dict) and isinstance(read, dict):
        for name, value in given.items():
            if name not in read:
                yield f"{path}/{name} is not in the schema"
            else:
                yield from _left_out(value, read[name], f"{path}/{name}")
    elif isinstance(given, list) and isinstance(read, list):
        for number, pair in enumerate(zip(given, read, strict=True)):
            yield from _left_out(*pair, f"{path}/{number}")


def _pod(one: dict[str, Any]) -> Iterator[str]:
    """Without rights, on a read-only root, with an end that waits and an account of its own."""
    pod = one["spec"]["template"]["spec"]
    security = pod.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("runAsUser", 0) == 0:
        yield "runs as root"
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "has no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster"
    for container in (*pod["containers"], *pod.get("initContainers", ())):
        yield from _container(container)
    mounted = {mount["name"] for one in pod["containers"] for mount in one["volumeMounts"]}
    yield from (
        f"volume {each['name']} is not used"
        for each in pod["volumes"]
        if each["name"] not in mounted
    )


def _container(one: dict[str, Any]) -> Iterator[str]:
    closed = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    if one.get("securityContext") != closed:
        yield f"{one['name']} is not closed off"
    if one["image"].rpartition(":")[2] in {one["image"], "latest"}:
        yield f"{one['name']} names no version of its image"
    if "memory" not in one.get("resources", {}).get("limits", {}):
        yield f"{one['name']} has no limit of memory"
    for variable in one.get("env", ()):
        if variable["name"].endswith("_URL") or "secretKeyRef" in variable.get("valueFrom", {}):
            yield f"{variable['name']}: secrets are files"


def _together(documents: list[dict[str, Any]]) -> Iterator[str]:
    """What names something names something that is there."""
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for one in documents
        if one["kind"] == "Deployment"
    }
    ways = {one["metadata"]["name"] for one in documents if one["kind"] == "TriggerAuthentication"}
    for one in documents:
        kind, name, spec = one["kind"], one["metadata"]["name"], one.get("spec", {})
        if kind in {"PodDisruptionBudget", "Deployment"}:
            chosen = _all_chosen(spec["selector"], pods)
            if chosen != [name]:
                yield f"{kind} {name} chooses {chosen}"
        if kind in {"ScaledObject", "HorizontalPodAutoscaler"}:
            target = spec["scaleTargetRef"]["name"]
            if target != name or target not in pods:
                yield f"{kind} {name} scales {target}"
        for trigger in spec.get("triggers", ()):
            if trigger.get("authenticationRef", {}).get("name") not in ways:
                yield f"{kind} {name} has no way to ask"
        # One without a selector is about all of them.
        if spec.get("podSelector") and not _all_chosen(spec["podSelector"], pods):
            yield f"{kind} {name} is about nobody"


def _all_chosen(selector: dict[str, Any], pods: dict[str, dict[str, str]]) -> list[str]:
    return [pod for pod, labels in pods.items() if _chosen(selector, labels)]


def _chosen(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    wanted = selector["matchLabels"].items()
    return bool(wanted) and all(labels.get(name) == value for name, value in wanted)


if __name__ == "__main__":
    found = [fault for name in sys.argv[1:] for fault in faults(Path(name))]
    print(*found, sep="\n", end="\n" if found else "")  # noqa: T201
    sys.exit(bool(found))
