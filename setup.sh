#!/bin/sh
# Installs what Careline needs: PostgreSQL 15 or newer with pgvector 0.8 or newer;
# with --test also Chromium and fonts for the browser tests, Node and the packages
# of npm that test the encrypted envelope of WeChat. Says first what it will
# install, installs only what is missing, and is silent when nothing is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

fail() { echo "setup: $*" >&2; exit 1; }

with_tests=no
[ "${1:-}" = --test ] && with_tests=yes

if [ "$(id -u)" = 0 ]; then
    as_root() { "$@"; }
else
    as_root() {
        command -v sudo >/dev/null || fail "'$*' must run as root, and sudo is missing; install sudo or run this as root"
        sudo "$@"
    }
fi

command -v go >/dev/null || fail "Go is missing; install Go 1.26 or newer from your system or go.dev"
go_minor=$(go env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
[ "${go_minor:-0}" -ge 26 ] || fail "Go $(go env GOVERSION) is too old; Careline needs Go 1.26 or newer"

# The packages are pinned by their lock file, and are installed again when it changes.
install_peers() {
    [ $with_tests = yes ] || return 0
    peers=$here/channels/weixin/testdata/peers
    [ "$peers/node_modules/.package-lock.json" -nt "$peers/package-lock.json" ] && return 0
    echo "setup: installing with npm: wechat-crypto @wecom/crypto (in $peers)"
    (cd "$peers" && npm ci --ignore-scripts --no-audit --no-fund --silent) || fail "npm could not install the packages of $peers"
    touch "$peers/node_modules/.package-lock.json"
}

if [ "$(uname)" = Darwin ]; then
    command -v brew >/dev/null || fail "Homebrew is missing; it installs PostgreSQL and pgvector on macOS"
    for formula in postgresql@17 pgvector; do
        brew list "$formula" >/dev/null 2>&1 || { echo "setup: installing $formula"; brew install "$formula"; }
    done
    if [ $with_tests = yes ] && ! command -v npm >/dev/null; then
        echo "setup: installing node"
        brew install node
    fi
    install_peers
    exit 0
fi
command -v apt-get >/dev/null || fail "this script knows Debian, Ubuntu and macOS; elsewhere install PostgreSQL 15+ with pgvector 0.8+ and set DATABASE_URL and MIGRATE_URL"

# The newest installed server that has pgvector, else the newest installed server.
server_version() {
    best=
    for dir in /usr/lib/postgresql/*/; do
        v=$(basename "$dir")
        [ -x "$dir/bin/initdb" ] && [ "$v" -ge 15 ] 2>/dev/null || continue
        [ -f "/usr/share/postgresql/$v/extension/vector.control" ] && with=1 || with=0
        best=$(printf '%s\n%s %s\n' "$best" "$with" "$v" | sort -k1,1n -k2,2n | tail -n 1)
    done
    echo "${best#* }"
}
has_vector() {
    control=/usr/share/postgresql/$1/extension/vector.control
    [ -f "$control" ] && sed -n "s/^default_version = '\(.*\)'/\1/p" "$control" | grep -Eq '^(0\.([89]|[1-9][0-9])|[1-9])'
}

packages=
version=$(server_version)
build_vector=no
updated=no
update_lists() { [ $updated = yes ] || as_root apt-get update -qq; updated=yes; }
offered() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

if [ -z "$version" ]; then
    update_lists
    version=$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
    [ "${version:-0}" -ge 15 ] || fail "this system offers PostgreSQL ${version:-none}; Careline needs 15 or newer (the PostgreSQL project's own apt repository has it)"
    packages="postgresql-$version"
fi
if ! has_vector "$version"; then
    update_lists
    if offered "postgresql-$version-pgvector"; then
        packages="$packages postgresql-$version-pgvector"
    else
        build_vector=yes
        packages="$packages postgresql-server-dev-$version build-essential dpkg-dev"
    fi
fi
if [ $with_tests = yes ]; then
    # The race detector needs a C compiler.
    command -v gcc >/dev/null || packages="$packages gcc libc6-dev"
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || packages="$packages chromium"
    for font in fonts-noto-cjk fonts-noto-color-emoji; do
        dpkg -s "$font" >/dev/null 2>&1 || packages="$packages $font"
    done
    command -v node >/dev/null || packages="$packages nodejs"
    command -v npm >/dev/null || packages="$packages npm"
fi

if [ -n "$packages" ]; then
    echo "setup: installing with apt:$(echo " $packages" | tr -s ' ')"
    update_lists
    # The packages of PostgreSQL create and start a cluster of their own unless told not to.
    policy=/etc/postgresql-common/createcluster.d/careline.conf
    made_policy=no
    case "$packages" in *"postgresql-$version "*|*"postgresql-$version")
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" | as_root tee "$policy" >/dev/null
        made_policy=yes ;;
    esac
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null || fail "apt-get could not install:$packages"
    if [ $made_policy = yes ]; then
        as_root rm -f "$policy"
        as_root rmdir --ignore-fail-on-non-empty /etc/postgresql-common/createcluster.d
    fi
fi

# Debian 12 has no package of pgvector: build Debian 13's source package. Its apt
# list lives in a temporary folder; nothing stays in /etc/apt.
if [ $build_vector = yes ]; then
    echo "setup: building pgvector from Debian's source package for PostgreSQL $version"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep '/debian/*$' | head -n 1)
    [ -n "$mirror" ] || fail "apt has no Debian mirror configured, so the source package pgvector cannot be fetched"
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    echo "deb-src [signed-by=$keys] $mirror trixie main" >"$work/sources.list"
    chmod -R a+rX "$work"
    options="-o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$work/lists -o Dir::Cache=$work/cache -o APT::Sandbox::User=root"
    # shellcheck disable=SC2086
    (cd "$work" && as_root apt-get $options update -qq && apt-get $options source -qq pgvector >/dev/null) || fail "the source package pgvector could not be fetched from $mirror"
    config=/usr/lib/postgresql/$version/bin/pg_config
    cd "$work"/pgvector-*/
    # OPTFLAGS empty: the build must run on other processors of the same kind.
    make -s OPTFLAGS="" PG_CONFIG="$config" >/dev/null || fail "pgvector did not build; its compiler output is above"
    as_root make -s OPTFLAGS="" PG_CONFIG="$config" install >/dev/null
fi

has_vector "$version" || fail "PostgreSQL $version still lacks pgvector 0.8 or newer"
install_peers
