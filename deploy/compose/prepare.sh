#!/usr/bin/env bash
# Makes the passwords of the composed servers, once: what stands already is left alone.
# A container's user (10001) must read what compose mounts from here, so the files are readable and
# the folder is not: keep it to yourself, and out of backups of the data.
# Usage: prepare.sh [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
folder=${1:-secrets}

word() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

keep() { # NAME: standard input becomes the file, unless there is one
    local file="$folder/$1"
    if [ -e "$file" ]; then cat >/dev/null; else cat >"$file"; fi
    chmod 0644 "$file"
}

mkdir -p "$folder"
chmod 0700 "$folder"
word | keep rabbitmq-password
word | keep mongo-password
word | keep grafana-password
od -An -N384 -tx1 /dev/urandom | tr -d ' \n' | keep mongo-key

rabbitmq=$(cat "$folder/rabbitmq-password")
mongo=$(cat "$folder/mongo-password")
printf 'default_user = admin\ndefault_pass = %s\n' "$rabbitmq" | keep rabbitmq-admin.conf
printf 'amqp://admin:%s@rabbitmq:5672/' "$rabbitmq" | keep DSR_AMQP_URL
printf 'http://admin:%s@rabbitmq:15672' "$rabbitmq" | keep DSR_AMQP_MANAGEMENT_URL
printf 'mongodb://admin:%s@mongodb:27017/?replicaSet=rs0&authSource=admin' "$mongo" |
    keep DSR_MONGO_URL
printf 'The passwords are in %s/%s; Grafana: admin, %s\n' \
    "$PWD" "$folder" "$folder/grafana-password" >&2
