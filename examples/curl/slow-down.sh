#!/usr/bin/env bash
# Has Icefloe answer 429 twice, and curl heed what it says: `--retry` waits for `Retry-After`.
#
# POLAR_URL and POLAR_ACCESS_TOKEN are as for customers.sh, ICEFLOE_ORGANIZATION is the
# organization's id, and ICEFLOE_CONTROL_KEY the key that `icefloe serve --control` shows.
set -euo pipefail

url=${POLAR_URL:?Set POLAR_URL.}
token=${POLAR_ACCESS_TOKEN:?Set POLAR_ACCESS_TOKEN.}
faults=$url/_icefloe/organizations/${ICEFLOE_ORGANIZATION:?Set ICEFLOE_ORGANIZATION.}/faults
control_key=${ICEFLOE_CONTROL_KEY:?Set ICEFLOE_CONTROL_KEY.}

echo "# The next two requests are too many: ask again in a second."
curl --silent --show-error --fail-with-body "$faults" \
  --header "Authorization: Bearer $control_key" --header "Content-Type: application/json" \
  --data '{"kind": "status", "status": 429, "retry_after": 1, "times": 2}'
echo

echo "# A client that asks once sees it."
curl --silent --output /dev/null --dump-header - \
  --header "Authorization: Bearer $token" "$url/v1/customers/"

echo "# A client that waits as Retry-After says succeeds."
curl --silent --show-error --fail-with-body --retry 3 \
  --header "Authorization: Bearer $token" "$url/v1/customers/"
echo
