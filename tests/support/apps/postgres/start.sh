#!/bin/sh
# A PostgreSQL server with a password, in a container of a session's own Docker. $1: the password.
set -eu
bin=$(echo /usr/lib/postgresql/*/bin)
install -d -o postgres -g postgres /var/lib/postgresql/data /run/postgresql
printf '%s' "$1" >/tmp/password
chown postgres /tmp/password
runuser -u postgres -- "$bin/initdb" --no-sync -D /var/lib/postgresql/data -A scram-sha-256 -U postgres --pwfile=/tmp/password \
  --locale=C.UTF-8
echo "host all all all scram-sha-256" >>/var/lib/postgresql/data/pg_hba.conf
exec runuser -u postgres -- "$bin/postgres" -D /var/lib/postgresql/data -c listen_addresses='*' -c jit=off
