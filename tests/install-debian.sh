#!/bin/sh
# Installs the servers and the browser that the tests drive, where apt may do it. Quiet when all is there.
set -eu

missing=""
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"; }
need prometheus prometheus
need promtool prometheus
need victoria-metrics victoria-metrics
need prometheus-pushgateway prometheus-pushgateway
need nginx nginx
need smtp-sink postfix
need saslpasswd2 sasl2-bin
need opendkim opendkim
need chromium chromium
need slapd slapd
need ldapsearch ldap-utils
need spamassassin spamassassin
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need initdb postgresql
# python-ldap has no wheels: it is built from its source.
need cc gcc
[ -e /usr/include/ldap.h ] || missing="$missing libldap2-dev"
[ -e /usr/include/sasl/sasl.h ] || missing="$missing libsasl2-dev"
case "$(command -v "${PYTHON:-python3}")" in
    /usr/bin/*) ls /usr/include/python3.*/Python.h >/dev/null 2>&1 || missing="$missing python3-dev" ;;
esac
"${PYTHON:-python3}" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' ||
    missing="$missing python3-dev"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need these programs, and there is no apt here:$missing" >&2
    exit 1
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo -n"

# The tests start what they need on ports of their own: the packages must not start services.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod +x "$policy"
    trap '$sudo rm -f "$policy"' EXIT
fi
echo "Installing for the tests:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing fonts-liberation >/dev/null
