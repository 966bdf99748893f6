#!/usr/bin/env bash
# Has systemd itself read the units, and say how far each is closed off.
# Usage: units.sh FOLDER   (an empty folder to work in)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$1/units
most_exposed=15 # of 100: what `systemd-analyze security` calls OK, with room to its 40

mkdir -p "$folder"
# verify wants to find the program; on this machine it stands elsewhere.
for unit in deploy/systemd/*.service deploy/systemd/*.target; do
    sed 's,/opt/dsr/bin/dsr,/bin/true,' "$unit" >"$folder/$(basename "$unit")"
done
cp "$folder/dsr-worker@.service" "$folder/dsr-worker@mailing.service"
# Other units of this machine may have faults of their own: only ours are read, and named.
SYSTEMD_UNIT_PATH="$folder:" systemd-analyze verify --man=no \
    "$folder"/dsr-worker@mailing.service "$folder"/dsr-[!w]*.service "$folder"/dsr-web.service \
    "$folder"/*.target 2>"$folder/said" || { cat "$folder/said" >&2; exit 1; }
if grep -F "$folder" "$folder/said" >&2; then exit 1; fi
for unit in "$folder"/*.service; do
    systemd-analyze security --offline=true --threshold=$most_exposed "$unit" >"$folder/said" ||
        { cat "$folder/said" >&2; exit 1; }
done
