#!/bin/sh
# See that this machine has programs that tests or benchmarks call: sh scripts/machine.sh chromium java
#
# What is missing is installed from Debian's packages where that is allowed (as root); elsewhere a
# sentence says what to install.
set -eu

present() {
    case $1 in
        chromium) [ -x "${CHROMIUM:-}" ] || command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        python3-venv) python3 -c 'import ensurepip, venv' ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

package_of() {
    case $1 in
        java) echo default-jre-headless ;;
        *) echo "$1" ;;
    esac
}

missing=""
for program in "$@"; do
    present "$program" || missing="$missing $(package_of "$program")"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian's packages:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086 # one word for each package
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
    exit
fi
echo "This needs packages that are not on this machine. Please install:$missing (on Debian: apt-get install$missing), then try again." >&2
exit 1
