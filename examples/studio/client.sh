#!/usr/bin/env bash
# Let a studio make a picture older, and fetch what it made. Needs curl and jq.
#   ./client.sh me.jpg
set -euo pipefail
studio=${STUDIO:-http://127.0.0.1:8420}
known=(-H "Authorization: Bearer ${STUDIO_TOKEN:-}")

job=$(curl -sS "${known[@]}" "$studio/api/v1/jobs/convert" \
  -F "sources=@$1" -F 'options={"with": "ageing", "consent": "self"}')
id=$(jq -r '.id // empty' <<<"$job")
[ -n "$id" ] || { jq -r '.error | .message, .hint' <<<"$job" >&2; exit 1; }

# The stream of events ends with the job.
curl -sSN "${known[@]}" "$studio/api/v1/jobs/$id/events" | sed -n 's/^data: //p' | jq -r '.state' >&2
curl -sS "${known[@]}" "$studio/api/v1/jobs/$id/results.zip" -o results.zip
echo "results.zip"
