#!/usr/bin/env bash
# Runs both scripts against an Icefloe that lives as long as this does.
set -euo pipefail
cd "$(dirname "$0")"

log=$(mktemp)
# Only this program knows the key.
ICEFLOE_CONTROL_KEY=$(od -An -N 24 -t x1 /dev/urandom | tr -d ' \n')
export ICEFLOE_CONTROL_KEY
icefloe serve --temporary --control --with-parent --port 0 --log-format json 2>"$log" &
server=$!
trap 'kill "$server" 2>/dev/null && wait "$server"; rm -f "$log"' EXIT

# value NAME: the text of that name in the JSON on standard input.
value() {
  sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"
}

until POLAR_URL=$(grep '"event":"listening"' "$log" | value url) && [ -n "$POLAR_URL" ]; do
  kill -0 "$server" || { cat "$log" >&2; exit 1; }
  sleep 0.05
done
export POLAR_URL

made=$(curl --silent --show-error --fail-with-body "$POLAR_URL/_icefloe/organizations" \
  --header "Authorization: Bearer $ICEFLOE_CONTROL_KEY" \
  --header "Content-Type: application/json" --data '{}')
ICEFLOE_ORGANIZATION=$(value id <<<"$made")
POLAR_ACCESS_TOKEN=$(value token <<<"$made")
export ICEFLOE_ORGANIZATION POLAR_ACCESS_TOKEN

# expect WORDS: fails unless the script said so.
expect() {
  grep --quiet --fixed-strings -- "$1" <<<"$said" || {
    printf 'Expected “%s” in:\n%s\n' "$1" "$said" >&2
    exit 1
  }
}

said=$(./customers.sh)
expect '"name":"Ada Lovelace"'
expect '"pagination":{"total_count":1,"max_page":1}'
expect '"name":"Ada King"'
expect '"metadata":{"plan":"free"}'
[ "$(tail -n 1 <<<"$said")" = 404 ]

said=$(./slow-down.sh)
expect '429 Too Many Requests'
expect 'retry-after: 1'
expect '"pagination":{"total_count":0'

echo "All as it should be."
