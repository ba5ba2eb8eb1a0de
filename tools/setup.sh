# Sourced by ./dev: provides what the steps need, once, and says so. Python tools are pinned (tools/requirements.txt)
# and live in .venv; the extension is built again only when its sources changed.

TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
export CARGO_TARGET_DIR=$TARGET
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/helenus
FUZZ=crates/helenus-protocol/fuzz
FUZZ_VERSION=0.13.2
CARGO_FUZZ=$CACHE/cargo-fuzz-$FUZZ_VERSION/bin/cargo-fuzz
REFERENCE_VERSION=3.30.1
PATH=$ROOT/.venv/bin:$PATH
export VIRTUAL_ENV=$ROOT/.venv

# package COMMAND PACKAGE…: installs what gives COMMAND, as root through apt-get; else names the command that does.
package() {
  local command=$1
  shift
  if command -v "$command" >/dev/null; then
    return
  fi
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    required "install $*" env DEBIAN_FRONTEND=noninteractive \
      sh -c 'apt-get update -q && apt-get install -q -y --no-install-recommends "$@"' sh "$@"
  else
    say "$command is missing. Install it: sudo apt-get install $*"
    exit 1
  fi
}

need_rust() {
  package git git
  package cc build-essential
  if ! command -v cargo >/dev/null; then
    say "cargo is missing. Install Rust $(rust_version) or newer: https://rustup.rs"
    exit 1
  fi
  if ! cargo clippy --version >/dev/null 2>&1 || ! cargo fmt --version >/dev/null 2>&1; then
    say "clippy or rustfmt is missing. Install them: rustup component add clippy rustfmt"
    exit 1
  fi
}

rust_version() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

# The checkout's own Python environment, made again when its lock file changes.
venv() {
  package python3 python3 python3-venv
  if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    say "Python 3.10 or newer is needed; python3 is $(python3 --version)"
    exit 1
  fi
  local stamp
  stamp=$(sha256sum tools/requirements.txt)
  if [[ -x .venv/bin/python && -f .venv/stamp && $(<.venv/stamp) == "$stamp" ]]; then
    return
  fi
  if ! python3 -c 'import ensurepip' 2>/dev/null; then
    package python3-venv python3-venv
  fi
  required "make .venv" sh -c 'rm -rf .venv && env -u VIRTUAL_ENV python3 -m venv .venv'
  required "install the Python tools" .venv/bin/python -m pip install -q -r tools/requirements.txt
  printf '%s\n' "$stamp" >.venv/stamp
}

# The Python package, built from the sources as they are now.
extension() {
  [[ -f pyproject.toml ]] || return 0
  local stamp
  stamp=$(sources)
  if [[ -f .venv/extension && $(<.venv/extension) == "$stamp" ]]; then
    return
  fi
  required "build the Python package" .venv/bin/maturin develop --release --locked
  printf '%s\n' "$stamp" >.venv/extension
}

# One hash over everything that goes into the extension.
sources() {
  git ls-files -z --cached --others --exclude-standard -- Cargo.toml Cargo.lock pyproject.toml \
    ':(glob)crates/*/Cargo.toml' ':(glob)crates/*/build.rs' ':(glob)crates/*/src/**' ':(exclude)crates/helenus-testkit' \
    ':(exclude)crates/helenus-faults' ':(exclude)crates/helenus-models' |
    sort -z | xargs -0 sha256sum 2>/dev/null | sha256sum
}

# The testkit's programs: the node of the tests and the starter of real ones.
programs() {
  required "build the testkit's programs" cargo build --locked -p helenus-testkit --bins
  export HELENUS_MOCK=$TARGET/debug/helenus-mock HELENUS_CASSANDRA=$TARGET/debug/helenus-cassandra
}

# The Java that Cassandra runs on: 11 to 17, by JAVA_HOME or on the path, as the testkit looks for it.
java_is_right() {
  local java=java version
  [[ -z ${JAVA_HOME-} || ! -f $JAVA_HOME/bin/java ]] || java=$JAVA_HOME/bin/java
  command -v "$java" >/dev/null || return 1
  version=$("$java" -version 2>&1 | sed -n '1,3s/.* version "\([0-9]*\).*/\1/p' | head -n 1) # 1.8.0 is 1, which is too old
  [[ -n $version ]] && ((version >= 11 && version <= 17))
}

# The server's jars are here, or Maven is, which fetches them. After `programs`.
jars_possible() { command -v mvn >/dev/null || "$HELENUS_CASSANDRA" path >/dev/null 2>&1; }

# Whether a real node can be had, after an attempt to install what is missing: the one place that is asked. What it says is
# handed on, to tools/demo as its argument.
cassandra_possible() {
  if java_is_right && jars_possible; then
    return 0
  fi
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    step "install a JDK and Maven" env DEBIAN_FRONTEND=noninteractive \
      sh -c 'apt-get update -q && apt-get install -q -y --no-install-recommends openjdk-17-jdk-headless maven'
    # That it could not be installed is no failure: the caller goes on without.
    if [[ $STEP_STATUS != 0 ]]; then
      unset 'FAILED[-1]'
    fi
  fi
  java_is_right && jars_possible
}

JDK_HINT="no Java 11 to 17, or neither Maven nor the jars that it fetches: apt-get install openjdk-17-jdk-headless maven"

need_cassandra() {
  if ! cassandra_possible; then
    say "A real node cannot be had here: $JDK_HINT"
    exit 1
  fi
}

# The server's jars, fetched once by Maven into the user's cache.
jars() {
  required "Cassandra's jars" "$HELENUS_CASSANDRA" path
}

cargo_fuzz() {
  if [[ -x $CARGO_FUZZ ]]; then
    return
  fi
  package c++ build-essential
  required "install cargo-fuzz $FUZZ_VERSION" \
    cargo install --locked --root "$CACHE/cargo-fuzz-$FUZZ_VERSION" "cargo-fuzz@$FUZZ_VERSION"
}

# The driver that we are compared with, from PyPI, in an environment of its own.
reference() {
  local python=.dev/reference/bin/python
  if [[ -x $python ]] && "$python" -c "import cassandra; assert cassandra.__version__ == '$REFERENCE_VERSION'" 2>/dev/null
  then
    return
  fi
  required "make .dev/reference" env -u VIRTUAL_ENV python3 -m venv .dev/reference
  required "install cassandra-driver $REFERENCE_VERSION" \
    "$python" -m pip install -q "cassandra-driver==$REFERENCE_VERSION" lz4 python-snappy
}

# The nightly toolchain that is known to have miri, or the one that HELENUS_NIGHTLY names: it is installed if need be.
miri() {
  NIGHTLY=${HELENUS_NIGHTLY:-nightly-2026-05-20}
  if ! command -v rustup >/dev/null; then
    say "rustup is missing, by which miri is installed: https://rustup.rs"
    exit 1
  fi
  if ! cargo "+$NIGHTLY" miri --version >/dev/null 2>&1; then
    required "install $NIGHTLY with miri" \
      rustup toolchain install "$NIGHTLY" --no-self-update --profile minimal -c miri -c rust-src
  fi
  required "prepare miri" cargo "+$NIGHTLY" miri setup
}
