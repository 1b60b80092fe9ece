#!/bin/bash
# The job with everything it needs, as an archive for nodes that have nothing but Python and Spark: what the
# bootstrap action unpacks on EMR, and Spark itself on EMR Serverless. Run it as `make emr-package`.
#
#   package.sh ARCHIVE [PYTHON-VERSION [PLATFORM]]
#
# PROJECTS names the folders of our packages; the batch job's, unless told (make emr-stream-package).
#
# Versions and hashes are those of requirements.lock. Wheels are chosen for the nodes, not for this machine, so
# any machine makes the same archive.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: package.sh ARCHIVE [PYTHON-VERSION [PLATFORM]]" >&2; exit 2; }
archive=$(realpath -m "$1") version=${2:-3.11} platform=${3:-x86_64-manylinux_2_34}
cd "$(dirname "$0")/../.."
uv=${UV:-uv}
read -ra projects <<<"${PROJECTS:-core batch}"
draft=$(mktemp -d)
trap 'rm -rf "$draft"' EXIT

"$uv" pip compile --quiet --python-version "$version" --python-platform "$platform" \
    --constraint requirements.lock --no-annotate --no-header \
    --no-emit-package covid-core --no-emit-package covid-process --no-emit-package covid-batch \
    --no-emit-package pyspark --no-emit-package py4j \
    "${projects[@]/%//pyproject.toml}" --output-file "$draft/wanted.txt"
"$uv" pip install --quiet --target "$draft/lib" --python-version "$version" --python-platform "$platform" \
    --only-binary :all: --no-deps --constraint requirements.lock --requirement "$draft/wanted.txt"
# Statements and notebook are links in the package.
for project in "${projects[@]}"; do cp -rL "$project"/src/covid_* "$draft/lib"; done
# What no job reads, a third of it.
find "$draft/lib" -depth -type d \( -name tests -o -name test -o -name include -o -name __pycache__ \) -exec rm -rf {} +
rm -rf "$draft/lib/bin" "$draft"/lib/pyarrow/libarrow_flight*
mkdir -p "$(dirname "$archive")"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$draft/lib" -cf - . | gzip -n >"$archive.unfinished"
mv "$archive.unfinished" "$archive"
echo "$archive: $(du -h "$archive" | cut -f1), for Python $version on $platform"
