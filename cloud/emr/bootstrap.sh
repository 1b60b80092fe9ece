#!/bin/bash
# A bootstrap action: EMR runs it on every node before it starts Hadoop and Spark there.
#
#   bootstrap.sh S3-FOLDER FOLDER [PACKAGE]
#
# copies data/ (the publishers' files) and job/ (the job's package and scripts) under the S3 folder to the
# node's folder, and unpacks the package (package.tar.gz unless named) into FOLDER/lib. The streaming job's,
# stream.tar.gz, reads no data. What is there appears whole or not at all, so a node can be bootstrapped again.
set -euo pipefail

[ $# = 2 ] || [ $# = 3 ] || { echo "usage: bootstrap.sh S3-FOLDER FOLDER [PACKAGE]" >&2; exit 2; }
source=${1%/} folder=${2%/} draft=${2%/}.unfinished package=${3:-package.tar.gz}

fail() {
    echo "error: $1" >&2
    exit 1
}

# Tasks run as another user than this one.
umask 022
mkdir -p "$(dirname "$folder")" 2>/dev/null || true
rm -rf "$draft" 2>/dev/null || sudo rm -rf "$draft"
mkdir "$draft" 2>/dev/null || sudo install -d -o "$(id -u)" -g "$(id -g)" "$draft"

# Other platforms keep folders of theirs beside these two, which the node's role may not read.
aws s3 sync --only-show-errors --no-progress --exclude '*' --include 'job/*' --include 'data/*' "$source" "$draft" ||
    fail "$source could not be copied, see the line above: check the bucket's name and the node's role, then start the cluster again"
[ "$package" = stream.tar.gz ] || find "$draft/data" -name '*.csv' -size +0 2>/dev/null | grep -q . ||
    fail "$source/data holds no file with data: copy publishers' files there, then start the cluster again"
[ -s "$draft/job/$package" ] ||
    fail "$source/job/$package is missing: make emr-package (or emr-stream-package), copy it there, then start the cluster again"

mkdir "$draft/lib"
tar -xzf "$draft/job/$package" -C "$draft/lib" ||
    fail "$source/job/$package is damaged: copy it there again, then start the cluster again"

rm -rf "$folder" 2>/dev/null || sudo rm -rf "$folder"
mv "$draft" "$folder" 2>/dev/null || sudo mv "$draft" "$folder"
echo "$(find "$folder/data" -name '*.csv' | wc -l) files of data in $folder/data"
