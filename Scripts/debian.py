# SPDX-License-Identifier: Apache-2.0
"""Debian packages for the proofs: unpacked as data, or installed as tools that Martlet runs if they are there."""
import glob
import os
import shutil
import subprocess
import sys

CACHE = os.path.join(os.environ.get("MARTLET_CACHE", os.path.expanduser("~/.cache/martlet")), "prove", "debian")


def as_root(*command):
    """Runs a command as root; False where that cannot be, or it fails."""
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            return False
        command = ("sudo", "-n", *command)
    return subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL,
                          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}).returncode == 0


def unpacked(package):
    """The folder that a package's files lie in, fetched by name and never installed."""
    folder = os.path.join(CACHE, package)
    if os.path.isdir(folder):
        return folder
    os.makedirs(CACHE, exist_ok=True)
    if not shutil.which("apt-get"):
        sys.exit(f"error: this needs Debian's package {package}, and there is no apt-get to fetch it with")

    def download():
        return subprocess.run(["apt-get", "-qq", "download", package], cwd=CACHE, stdout=sys.stderr,
                              stderr=subprocess.DEVNULL).returncode == 0
    # Where no list of packages is yet, or an old one; only root may renew it.
    if not glob.glob(os.path.join(CACHE, package + "_*.deb")) and not download():
        as_root("apt-get", "-qq", "update")
        if not download():
            sys.exit(f"error: `apt-get download {package}` failed; run `apt-get update` as root and this again")
    archive = sorted(glob.glob(os.path.join(CACHE, package + "_*.deb")))[-1]
    subprocess.run(["dpkg-deb", "-x", archive, folder + ".part"], check=True)
    os.rename(folder + ".part", folder)
    return folder


def install(*packages):
    """Installs what is not there yet."""
    def installed(package):
        done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", package], capture_output=True, text=True)
        return done.stdout.startswith("ii")
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    print(f"installs with apt-get: {' '.join(missing)}", file=sys.stderr)
    if not as_root("apt-get", "-qq", "install", "-y", "--no-install-recommends", *missing):
        as_root("apt-get", "-qq", "update")
        if not as_root("apt-get", "-qq", "install", "-y", "--no-install-recommends", *missing):
            sys.exit(f"error: this needs {' '.join(missing)}; install them and run this again")
