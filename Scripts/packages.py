# SPDX-License-Identifier: Apache-2.0
"""Files of Debian and Python packages, fetched by name, unpacked once and kept beside the models; never installed."""
import glob
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

CACHE = os.path.join(os.environ.get("MARTLET_CACHE", os.path.expanduser("~/.cache/martlet")), "prove", "packages")


def unpacked(folder, fetch, unpack):
    """The folder, filled by `unpack` from the one file that `fetch` brings; whole or not there."""
    if not os.path.isdir(folder):
        partial = folder + ".partial"
        shutil.rmtree(partial, ignore_errors=True)
        os.makedirs(os.path.join(partial, "archive"))
        fetch(os.path.join(partial, "archive"))
        (archive,) = glob.glob(os.path.join(partial, "archive", "*"))
        unpack(archive, partial)
        shutil.rmtree(os.path.join(partial, "archive"))
        os.rename(partial, folder)
    return folder


def debian(name):
    """The files of a Debian package, as they would be installed."""
    def fetch(folder):
        if not shutil.which("apt-get"):
            sys.exit(f"error: {name} is a Debian package, and there is no apt-get to fetch it with")
        command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", name]
        if subprocess.run(command, cwd=folder, stdout=sys.stderr).returncode:
            # Where no list of packages is yet, or an old one; only root may renew it.
            subprocess.run(["apt-get", "-qq", "update"], stdout=sys.stderr)
            if subprocess.run(command, cwd=folder, stdout=sys.stderr).returncode:
                sys.exit(f"error: `apt-get download {name}` failed; run `apt-get update` as root and this again")

    return unpacked(os.path.join(CACHE, name), fetch,
                    lambda archive, folder: subprocess.run(["dpkg-deb", "-x", archive, folder], check=True))


def python(requirement, source=True):
    """The files of a Python package of one version (`name==version`): of its source, or of its wheel."""
    def fetch(folder):
        options = ["--no-binary", ":all:"] if source else ["--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, *options, requirement]
        if subprocess.run(command, stdout=sys.stderr).returncode:
            sys.exit(f"error: `pip download {requirement}` failed")

    def unpack(archive, folder):
        if archive.endswith((".whl", ".zip")):
            with zipfile.ZipFile(archive) as file:
                file.extractall(folder)
        else:
            with tarfile.open(archive) as file:
                file.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))

    return unpacked(os.path.join(CACHE, requirement), fetch, unpack)
