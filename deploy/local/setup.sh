#!/usr/bin/env bash
# Sets up what `make` needs and the machine lacks: the embedded default's system packages, then the
# virtual environment. What stands already is left alone, so a second run changes nothing.
# Usage: setup.sh VENV [test|soak|lint]   (run from the root of the repository)
# With `test` also the mail servers that tests run privately (dovecot, postfix), and a browser; with
# `soak` also what makes a clean root; with `lint` only the tools that check deploy/.
set -euo pipefail

venv=$1
purpose=${2:-}
oldest="(3, 11)"

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup: $*"; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }
has_apt() { command -v apt-get >/dev/null; }

pick_python() {
    # A name on the PATH may be a shim that only complains: what counts is that it runs.
    local name
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if "$name" -c "import sys; sys.exit(sys.version_info < $oldest)" >/dev/null 2>&1; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3."
}

has_rabbitmq() {
    command -v rabbitmq-server >/dev/null || [ -x /usr/sbin/rabbitmq-server ] ||
        [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]
}

loads() { "$python" -c "import ctypes; ctypes.CDLL('$1')" 2>/dev/null; }

missing_packages() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    if [ -z "${DSR_AMQP_URL:-}" ] && ! has_rabbitmq; then echo rabbitmq-server; fi
    if [ -z "${DSR_MONGO_URL:-}" ]; then
        loads libcurl.so.4 || echo libcurl4
        loads libssl.so.3 || echo libssl3
    fi
    if [ "$purpose" = test ] || [ "$purpose" = soak ]; then
        [ -x /usr/sbin/dovecot ] && [ -x /usr/lib/dovecot/imap ] || echo dovecot-imapd
        [ -x /usr/sbin/postfix ] || echo postfix
        # Browser tests look at the pages; without the font Korean is boxes.
        command -v chromium >/dev/null || echo chromium
        [ -d /usr/share/fonts/truetype/nanum ] || echo fonts-nanum
        # promtool reads the alert rules, and tries them.
        command -v promtool >/dev/null || echo prometheus
    fi
    if [ "$purpose" = soak ]; then
        [ -x /usr/sbin/debootstrap ] || echo debootstrap
    fi
}

what_instead() {
    case " $* " in *" rabbitmq-server "*) printf ', or set DSR_AMQP_URL to a broker of yours' ;; esac
    case " $* " in *" lib"*) printf ', or set DSR_MONGO_URL to a replica set of yours' ;; esac
}

policy=/usr/sbin/policy-rc.d
restore_policy() {
    rm -f "$policy"
    if [ -e "$policy.before-dsr" ]; then mv "$policy.before-dsr" "$policy"; fi
}

install_packages() {
    # The packages' services must not start: the embedded default runs private nodes of its own,
    # and a broker that nobody asked for would listen on every address.
    say "setup: installing $* with apt-get"
    if [ -e "$policy" ] && [ ! -e "$policy.before-dsr" ]; then mv "$policy" "$policy.before-dsr"; fi
    trap restore_policy EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    export DEBIAN_FRONTEND=noninteractive
    local apt=(apt-get -qq -o DPkg::Lock::Timeout=600) log
    log=$(mktemp)
    "${apt[@]}" update >"$log" 2>&1 || say "setup: apt-get update failed; trying with old lists"
    "${apt[@]}" install --yes --no-install-recommends "$@" >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "apt-get could not install: $*"
    }
    rm -f "$log"
    restore_policy
    trap - EXIT
    local service
    for service in rabbitmq-server dovecot postfix prometheus; do
        case " $* " in *" $service"*)
            if [ -d /run/systemd/system ]; then systemctl -q disable "$service" >&2 || true; fi ;;
        esac
    done
}

install_missing() {
    local missing
    mapfile -t missing < <(missing_packages)
    if [ "${#missing[@]}" -eq 0 ]; then return; fi
    if is_root && has_apt; then
        exec 8</var/lib/dpkg && flock 8 # another clone may be at it
        mapfile -t missing < <(missing_packages)
        if [ "${#missing[@]}" -gt 0 ]; then install_packages "${missing[@]}"; fi
        exec 8<&-
        return
    fi
    fail "missing: run \`apt-get install ${missing[*]}\` as root$(what_instead "${missing[@]}")."
}

made_from() { # NAME FILE: was this part of the environment made from the file as it is now?
    [ "$(cat "$venv/.$1-made-from" 2>/dev/null)" = "$(cksum <"$2")" ]
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check -qq "$@"; }

make_venv() {
    say "setup: making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
    pip install --require-hashes --requirement requirements.txt
    cksum <requirements.txt >"$venv/.requirements-made-from"
}

make_lint_tools() {
    # Apart from our own libraries, whose versions they must not decide.
    say "setup: making $venv/deploy-lint"
    "$python" -m venv --clear "$venv/deploy-lint"
    "$venv/deploy-lint/bin/python" -m pip --disable-pip-version-check -qq install \
        --require-hashes --requirement deploy/lint/requirements.txt
    cksum <deploy/lint/requirements.txt >"$venv/.deploy-lint-made-from"
}

install_ourselves() {
    pip install --no-deps --no-build-isolation --no-index --editable .
    cksum <pyproject.toml >"$venv/.package-made-from"
}

exec 9<"$0" && flock 9 # two `make` in one clone take turns
python=$(pick_python)
install_missing
made_from requirements requirements.txt || make_venv
made_from package pyproject.toml || install_ourselves
if [ "$purpose" = lint ]; then
    made_from deploy-lint deploy/lint/requirements.txt || make_lint_tools
fi
