#!/bin/sh
# See that this machine has programs that tests or benchmarks call: sh scripts/machine.sh chromium java
#
# What is missing is installed from Debian's packages where that is allowed (as root); elsewhere a
# sentence says what to install.
set -eu

present() {
    case $1 in
        chromium) [ -x "${CHROMIUM:-}" ] || command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        chromium-headless-shell) command -v chromium-headless-shell || present chromium ;;
        python3-venv) python3 -c 'import ensurepip, venv' ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

package_of() {
    case $1 in
        java) echo default-jre-headless ;;
        chromium-headless-shell) apt-cache show "$1" >/dev/null 2>&1 && echo "$1" || echo chromium ;;
        *) echo "$1" ;;
    esac
}

packages_of() {
    for program in "$@"; do package_of "$program"; done | tr '\n' ' '
}

missing=""
for program in "$@"; do
    present "$program" || missing="$missing $program"
done
[ -n "$missing" ] || exit 0

# shellcheck disable=SC2046,SC2086 # one word for each program and package
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    echo "Installing Debian's packages: $(packages_of $missing)"
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(packages_of $missing) >/dev/null
    exit
fi
# shellcheck disable=SC2086
packages=$(packages_of $missing)
echo "This needs packages that are not on this machine. Please install: $packages (on Debian: apt-get install $packages), then try again." >&2
exit 1
