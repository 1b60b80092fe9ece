#!/bin/bash
# A step, run on the primary node: puts a folder of it into HDFS.
#
#   to-hdfs.sh FOLDER HDFS-FOLDER
#
# The HDFS folder appears by one rename, whole; what was there is replaced.
set -euo pipefail

[ $# = 2 ] || { echo "usage: to-hdfs.sh FOLDER HDFS-FOLDER" >&2; exit 2; }
folder=${1%/} target=${2%/} draft=${2%/}.unfinished

fail() {
    echo "error: $1" >&2
    exit 1
}

[ -d "$folder" ] || fail "$folder is not there: the bootstrap action copies it from S3, see its log"
hdfs dfs -mkdir -p "$(dirname "$target")" || fail "HDFS does not answer: see the NameNode's log, then run this step again"
hdfs dfs -rm -r -f -skipTrash "$draft" >/dev/null
hdfs dfs -put "$folder" "$draft" ||
    fail "$folder could not be put into HDFS, see the lines above: check space and DataNodes (hdfs dfsadmin -report), then run this step again"
hdfs dfs -rm -r -f -skipTrash "$target" >/dev/null
hdfs dfs -mv "$draft" "$target"
echo "$folder is in $target"
