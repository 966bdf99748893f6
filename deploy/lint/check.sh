#!/usr/bin/env bash
# Holds deploy/ to the tools that know its formats; `make lint` runs it. Prints what is wrong.
# Usage: check.sh BIN   (BIN: the folder of the tools of deploy/lint/requirements.txt)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tools=$1
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT

"$tools/hadolint" deploy/Dockerfile
"$tools/check-jsonschema" --quiet --builtin-schema vendor.compose-spec deploy/compose/*compose*.yaml

for overlay in deploy/kubernetes/overlays/*/; do
    name=$(basename "$overlay")
    "$tools/kubectl" kustomize "$overlay" >"$built/$name.yaml"
done
"$tools/python" deploy/lint/manifests.py "$built"/*.yaml

# Every unit as it will stand, with the programs that it starts at places that exist here.
if command -v systemd-analyze >/dev/null; then
    deploy/lint/units.sh "$built"
else
    echo "systemd-analyze is not installed: the units are not checked" >&2
fi
if command -v promtool >/dev/null; then
    promtool check config --syntax-only deploy/compose/prometheus.yaml >"$built/said" ||
        { cat "$built/said" >&2; exit 1; }
else
    echo "promtool is not installed: prometheus.yaml is not checked" >&2
fi
for script in deploy/compose/*.sh deploy/lint/*.sh deploy/local/*.sh; do bash -n "$script"; done
