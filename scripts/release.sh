#!/usr/bin/env bash
# What belongs to a release, into the directory that is named (default: dist): the wheel, built twice
# and equal byte for byte, the list of what it runs with (CycloneDX), and an audit of that list.
# Tools are fetched into an environment of their own: they are no part of what is developed with.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-dist}
mkdir -p "$target"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
for attempt in one two; do
    .venv/bin/python -m build --wheel --no-isolation --outdir "$scratch/$attempt" . >/dev/null
done
wheel=$(basename "$scratch"/one/*.whl)
cmp "$scratch/one/$wheel" "$scratch/two/$wheel"
cp "$scratch/one/$wheel" "$target/"
(cd "$target" && sha256sum "$wheel" | tee "$wheel.sha256")

python3 -m venv "$scratch/tools"
"$scratch/tools/bin/pip" install --quiet cyclonedx-bom pip-audit
"$scratch/tools/bin/cyclonedx-py" requirements requirements.lock --pyproject pyproject.toml \
    --output-reproducible --of JSON -o "$target/sbom.json"
echo "$target/sbom.json: $(grep -c '"purl"' "$target/sbom.json") packages"
# Strict: without it, packages that the index knows no advisories of, all of them on a mirror, pass.
"$scratch/tools/bin/pip-audit" --strict --require-hashes --disable-pip -r requirements.lock \
    || { echo "the audit found something, or could not be made" >&2; exit 1; }
