#!/usr/bin/env bash
# Makes a customer, finds, changes and deletes it, with curl and nothing else.
#
# POLAR_ACCESS_TOKEN is an organization access token; POLAR_URL is where Polar's API is, and
# without it, Polar's own sandbox.
set -euo pipefail

url=${POLAR_URL:-https://sandbox-api.polar.sh}
token=${POLAR_ACCESS_TOKEN:?Set POLAR_ACCESS_TOKEN.}

# polar METHOD PATH [WORDS FOR CURL…]
polar() {
  local method=$1 path=$2
  shift 2
  curl --silent --show-error --fail-with-body --request "$method" "$url$path" \
    --header "Authorization: Bearer $token" --header "Content-Type: application/json" "$@"
  echo
}

echo "# Make a customer. external_id is yours: the user's id in your own database."
polar POST /v1/customers/ --data '{
  "email": "ada@example.com",
  "name": "Ada Lovelace",
  "external_id": "usr_1",
  "metadata": {"plan": "pro"}
}'

echo "# Find it by that id, and in the list of those on its plan."
polar GET /v1/customers/external/usr_1
polar GET /v1/customers/ --get --data-urlencode "metadata[plan]=pro" --data limit=10

echo "# Change it. Metadata is replaced as a whole; what is not named stays."
polar PATCH /v1/customers/external/usr_1 --data '{"name": "Ada King", "metadata": {"plan": "free"}}'

echo "# Delete it, and what names the person in past orders."
polar DELETE "/v1/customers/external/usr_1?anonymize=true"

echo "# It is gone: 404."
curl --silent --output /dev/null --write-out '%{http_code}\n' \
  --header "Authorization: Bearer $token" "$url/v1/customers/external/usr_1"
