#!/bin/sh
# Sets up everything the README's commands need: Debian packages, a virtual environment, libraries.
#
#   prepare.sh run    what `make run` needs; works without root
#   prepare.sh test   what `make test` needs; without root it says what will be skipped
#
# Python packages come from the locks in requirements/, checked by hash. A second call is instant.
set -eu
cd "$(dirname "$0")/../.."
wanted=${1:-run}
build=build
debian=$build/debian
mkdir -p "$build"

say() { printf '%s\n' "$*" >&2; }

packages() { cut -f1 "$1" | grep -v '^#'; }

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

present() {
  # A command is enough, wherever it comes from.
  case $1 in
    python3-venv)
      "$python" -c 'import ensurepip' 2>/dev/null ||
        ls "$debian"/root/usr/share/python-wheels/pip-*.whl >/dev/null 2>&1
      ;;
    xorriso|chromium|strace) command -v "$1" >/dev/null 2>&1 || installed "$1" ;;
    *) installed "$1" ;;
  esac
}

choose_python() {
  for candidate in /usr/bin/python3 python3 python3.11 python3.12 python3.13; do
    if "$candidate" -c 'import sys, ssl, sqlite3; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  say "需要 Python 3.11 或更高版本（含 ssl 与 sqlite3 模块）"
  exit 5
}

missing_of() {
  for package in $(packages "$1"); do
    present "$package" || printf '%s ' "$package"
  done
}

install_debian() {
  say "安装 Debian 软件包：$*"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$build/apt.log" 2>&1 || {
    tail -n 20 "$build/apt.log" >&2
    exit 5
  }
}

# Without root: the same signed packages, unpacked into build/debian instead of installed.
unpack_debian() {
  say "没有 root 权限，把 Debian 软件包解开到 $debian：$*"
  lists=$(pwd)/$debian/apt
  mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial" "$debian/root" "$debian/bin"
  options="-o Dir::State=$lists -o Dir::State::lists=$lists/lists -o Dir::Cache=$lists/cache -o Debug::NoLocking=1"
  # shellcheck disable=SC2086
  apt-get $options update -qq
  # shellcheck disable=SC2086
  (cd "$debian" && apt-get $options download "$@")
  for archive in "$debian"/*.deb; do dpkg -x "$archive" "$debian/root"; rm "$archive"; done
}

without_root() {
  extra=
  for package in $missing; do
    case $package in
      xorriso) extra="$extra xorriso libisoburn1 libburn4 libisofs6 libjte2" ;;
      libisal2) extra="$extra libisal2" ;;
      python3-venv) extra="$extra python3-pip-whl python3-setuptools-whl" ;;
    esac
  done
  # shellcheck disable=SC2086
  [ -z "$extra" ] || unpack_debian $extra
  # The Makefile lets programs look for libraries here.
  mkdir -p "$debian/lib"
  for library in "$debian"/root/usr/lib/*/libisal.so.2; do
    [ -e "$library" ] && ln -sf "$(realpath "$library")" "$debian/lib/libisal.so.2"
  done
  if [ -x "$debian/root/usr/bin/xorriso" ]; then
    cat >"$debian/bin/xorriso" <<WRAPPER
#!/bin/sh
LD_LIBRARY_PATH=$(pwd)/$debian/root/usr/lib/$(uname -m)-linux-gnu exec $(pwd)/$debian/root/usr/bin/xorriso "\$@"
WRAPPER
    chmod +x "$debian/bin/xorriso"
  fi
}

make_venv() {
  [ -x .venv/bin/python ] && .venv/bin/python -c 'import pip' 2>/dev/null && return
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv --clear .venv
  else
    "$python" -m venv --clear --without-pip .venv
    wheel=$(ls "$debian"/root/usr/share/python-wheels/pip-*.whl | head -n 1)
    .venv/bin/python "$wheel/pip" install -q --disable-pip-version-check pip
  fi
}

install_python() {
  lock=requirements/$1.txt
  stamp=$build/python-$1.stamp
  sum=$(cat "$lock" setup.cfg | sha256sum)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && return
  say "安装 Python 依赖（$lock）"
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
  # The project itself: a path entry and two scripts, nothing to build or download.
  site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  pwd >"$site/tongban.pth"
  for program in gate ferry; do
    printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m %s "$@"\n' "$(pwd)" "$program" >".venv/bin/$program"
    chmod +x ".venv/bin/$program"
  done
  printf '%s' "$sum" >"$stamp"
}

PATH=$(pwd)/$debian/bin:$PATH
python=$(choose_python)
missing=$(missing_of tests/setup/debian-run.txt)
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ]; then
    # shellcheck disable=SC2086
    install_debian $missing
  else
    without_root
  fi
fi
if [ "$wanted" = test ]; then
  missing=$(missing_of tests/setup/debian-test.txt)
  if [ -n "$missing" ] && [ "$(id -u)" = 0 ]; then
    # shellcheck disable=SC2086
    install_debian $missing
  elif [ -n "$missing" ]; then
    say "缺少 Debian 软件包，用到它们的测试将被跳过："
    for package in $missing; do
      grep "^$package	" tests/setup/debian-test.txt | sed 's/^/  /' >&2
    done
  fi
fi
make_venv
if [ "$wanted" = test ]; then install_python dev; else
  [ -f "$build/python-dev.stamp" ] || install_python run
fi
