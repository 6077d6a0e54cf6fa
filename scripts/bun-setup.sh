# Sourced by scripts/start and scripts/test. Gives $ROOT (the checkout) and $BUN (Bun at the pinned version), with Bun
# first on PATH and the packages of bun.lock installed.
# A machine has Node and npm, or some Bun; either is enough, and nothing but npm packages is downloaded.
# It changes nothing outside the checkout: a missing Bun lands in .bun/, which git ignores.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

is_pinned() { [ "$("$1" --version 2>/dev/null)" = "$BUN_VERSION" ]; }

# Every platform's binary is its own package (@oven/bun-linux-x64, …-musl, …); whichever of them runs here is ours.
# The one in the bun package itself is only a placeholder until an install script has run, and we never let one run.
find_installed_bun() {
  for BUN in "$ROOT"/.bun/node_modules/@oven/bun-*/bin/bun "$ROOT/.bun/node_modules/bun/bin/bun.exe"; do
    if [ -x "$BUN" ] && is_pinned "$BUN"; then return 0; fi
  done
  return 1
}

# A step that succeeds is not worth reading; one that fails is worth all of it.
quietly() { output=$("$@" </dev/null 2>&1) || { say "$output"; return 1; }; }

install_bun() {
  command -v npm >/dev/null 2>&1 || command -v bun >/dev/null 2>&1 \
    || die "AgentPort needs Bun $BUN_VERSION. Install Node with npm, or any Bun, and run this again."
  say "Installing Bun $BUN_VERSION into .bun/"
  mkdir -p "$ROOT/.bun"
  # Without a package.json of its own, a package manager would climb up and edit ours.
  printf '{ "private": true }\n' >"$ROOT/.bun/package.json"
  if command -v npm >/dev/null 2>&1; then
    quietly npm install --prefix "$ROOT/.bun" --ignore-scripts --include=optional --no-save --no-package-lock \
      --no-audit --no-fund "bun@$BUN_VERSION"
  else
    quietly bun add --cwd "$ROOT/.bun" --ignore-scripts --exact "bun@$BUN_VERSION"
  fi || die "Bun $BUN_VERSION could not be installed from npm; see the message above."
}

BUN_VERSION=$(sed -n 's/.*"packageManager": *"bun@\([^"+]*\).*/\1/p' "$ROOT/package.json")
[ -n "$BUN_VERSION" ] || die "package.json does not pin Bun: \"packageManager\": \"bun@<version>\" is missing."

if command -v bun >/dev/null 2>&1 && is_pinned bun; then
  BUN=$(command -v bun)
elif ! find_installed_bun; then
  install_bun
  find_installed_bun || die "Bun $BUN_VERSION was installed into .bun/ but does not run on this machine ($(uname -sm))."
fi

# Scripts and tests that start "bun" by name must get this one.
PATH=$(dirname "$BUN"):$PATH
export PATH

# Bun compares node_modules with the lock file itself, in some 40 ms and without the network, and mends what is missing;
# a stamp of our own would be no faster and could lie.
[ -d "$ROOT/node_modules" ] || say 'Installing packages'
quietly "$BUN" install --cwd "$ROOT" --frozen-lockfile \
  || die 'The packages could not be installed; see the message above.'
