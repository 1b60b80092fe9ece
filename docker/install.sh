#!/bin/sh
# What an image holds besides its base; run in a Dockerfile's build stage, from the repository's root.
#
#   install.sh dependencies FOLDER…   what the packages of these folders need, as requirements.lock pins it,
#                                     into the virtual environment /opt/covid
#   install.sh packages FOLDER…       the packages themselves into /opt/app
#
# Two commands, since an image keeps them in two layers: the first changes with the lock, the second daily.
set -eu

what=$1
shift
python=/opt/covid/bin/python

dependencies() {
    uv venv --quiet "${python%/bin/python}"
    projects=""
    for folder in "$@"; do projects="$projects $folder/pyproject.toml"; done
    # The folders' own names are left out: no index has them, and nobody else may offer them.
    ours=""
    for folder in "$@"; do
        ours="$ours --no-emit-package $(sed -n 's/^name = "\(.*\)"$/\1/p' "$folder/pyproject.toml")"
    done
    # shellcheck disable=SC2086  # lists of words
    uv pip compile --quiet --python "$python" --constraint requirements.lock --no-annotate --no-header \
        ${EXTRAS:-} $ours $projects --output-file /tmp/wanted.txt
    # Names and versions are the lock's, and so are the hashes that every download is checked against.
    uv pip install --quiet --python "$python" --constraint requirements.lock --no-deps \
        --requirement /tmp/wanted.txt --compile-bytecode
    trim
}

# What no service reads: tests, sources of compiled modules, symbols for debuggers, Arrow's RPC server, and the
# descriptions of AWS services that nobody here calls. A third of the sinks' image. Libraries beside a wheel's modules (*.libs) are left as they are: they were patched when
# the wheel was made, and strip would move what the patch refers to.
trim() {
    site=$(echo /opt/covid/lib/python3*/site-packages)
    find "$site" -depth -type d \( -name tests -o -name test -o -name include \) -exec rm -rf {} +
    find "$site" -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.c' -o -name '*.h' \) -delete
    find "$site" -name '*.so*' -not -path '*.libs/*' -exec strip --strip-unneeded {} +
    rm -f "$site"/pyarrow/libarrow_flight*
    if [ -d "$site/botocore/data" ]; then
        find "$site/botocore/data" -mindepth 1 -maxdepth 1 -type d \
            -not -name s3 -not -name dynamodb -not -name glue -not -name sts -not -name 'sso*' -exec rm -rf {} +
    fi
}

packages() {
    for folder in "$@"; do
        uv pip install --quiet --python "$python" --target /opt/app --no-deps --compile-bytecode "./$folder"
    done
}

"$what" "$@"
