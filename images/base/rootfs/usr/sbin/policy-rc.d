#!/bin/sh
# Containers have no init system: installing a package starts nothing.
exit 101
