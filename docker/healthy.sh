#!/bin/bash
# healthy.sh PORT [PATH]: whether a service answers 200, for health checks of images that have no curl.
# Written in bash, since starting Python once every few seconds in each container would show.
set -eu
exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "${2:-/readyz}" >&3
read -r _ status _ <&3
[ "$status" = 200 ]
