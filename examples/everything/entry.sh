#!/bin/sh
printf '%s|' "$NAME" "$PWD" "$@"
