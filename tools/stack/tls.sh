# shellcheck shell=bash
# TLS for ./stack start: a local authority and its certificate, or copies of one's own files.

TLS_STATE=$STATE/tls
# Mounted into helix-api, which takes a changed pair while connections run.
TLS_PAIR=$TLS_STATE/pair
TLS_CA=$TLS_STATE/ca.crt

tls_mode() { remembered tls off; } # off, local or own
tls_port() { remembered tls-port $(($(port) + 363)); } # 8443 beside 8080
tls_url() { echo "https://localhost:$(tls_port)"; }

# Browsers and OpenSSL take no wildcard directly below a top-level name, so "*.localhost" would never match.
dev_subdomain() {
  if [[ -n ${DEV_SUBDOMAIN+x} ]]; then
    echo "$DEV_SUBDOMAIN"
  elif [[ $(tls_mode) == local ]]; then
    echo apps.localhost
  else
    echo localhost
  fi
}

ensure_tls() {
  case $(tls_mode) in
    off) NOTE="off" ;;
    own) copy_own_pair ;;
    local) ensure_local_pair ;;
  esac
}

# Copied, since what a link in them leads to is not in the container; start again after a renewal.
copy_own_pair() {
  local certificate key
  certificate=$(remembered tls-cert '') key=$(remembered tls-key '')
  [[ -r $certificate ]] || fail "the certificate $certificate cannot be read" "./stack start --tls-cert FILE --tls-key FILE"
  [[ -r $key ]] || fail "the key $key cannot be read" "./stack start --tls-cert FILE --tls-key FILE"
  place_pair "$certificate" "$key"
}

place_pair() {
  mkdir -p "$TLS_PAIR"
  install -m 0644 "$1" "$TLS_PAIR/tls.crt.new"
  install -m 0600 "$2" "$TLS_PAIR/tls.key.new"
  mv "$TLS_PAIR/tls.key.new" "$TLS_PAIR/tls.key"
  mv "$TLS_PAIR/tls.crt.new" "$TLS_PAIR/tls.crt"
}

# Names that the local certificate is for.
tls_names() {
  local domain
  domain=$(dev_subdomain)
  printf 'DNS:localhost,DNS:*.localhost,DNS:%s,IP:127.0.0.1,IP:::1' "$(hostname)"
  if [[ -n $domain && $domain != localhost ]]; then printf ',DNS:%s,DNS:*.%s' "$domain" "$domain"; fi
}

new_key() { (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"); }

# lasts FILE DAYS: whether the certificate is there and good for so long.
lasts() { [[ -s $1 ]] && openssl x509 -in "$1" -noout -checkend $(($2 * 86400)); }

# Made once, renewed in its last month or when the names are others. The authority stays, so that it is trusted once.
ensure_local_pair() {
  local names work
  names=$(tls_names)
  mkdir -p "$TLS_STATE"
  if ! lasts "$TLS_CA" 60; then
    new_key "$TLS_STATE/ca.key"
    openssl req -x509 -new -key "$TLS_STATE/ca.key" -days 3650 -subj "/CN=Helix local authority ($(hostname))" \
      -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign -out "$TLS_CA.new"
    mv "$TLS_CA.new" "$TLS_CA"
    rm -f "$TLS_STATE/names"
  fi
  if [[ $(cat "$TLS_STATE/names" 2>/dev/null) == "$names" ]] && lasts "$TLS_PAIR/tls.crt" 30; then
    NOTE="certificate kept"
    return
  fi
  work=$(mktemp -d)
  new_key "$work/tls.key"
  openssl req -new -key "$work/tls.key" -subj "/CN=$(hostname | cut -c1-60)" -out "$work/tls.csr"
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$names" >"$work/extensions"
  openssl x509 -req -in "$work/tls.csr" -CA "$TLS_CA" -CAkey "$TLS_STATE/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 397 \
    -extfile "$work/extensions" -out "$work/tls.crt"
  place_pair "$work/tls.crt" "$work/tls.key"
  rm -r "$work"
  echo "$names" >"$TLS_STATE/names"
  NOTE="new certificate"
}

say_tls() {
  [[ $(tls_mode) != off ]] || return 0
  say "  https     $(tls_url)"
  [[ $(tls_mode) == local ]] || return 0
  say "  trust it  curl --cacert $TLS_CA …; browsers: import that file as an authority"
  say "            this machine: cp $TLS_CA /usr/local/share/ca-certificates/helix-local.crt && update-ca-certificates"
}
